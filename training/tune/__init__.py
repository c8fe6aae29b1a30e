"""Fine-tuning a LLaMA on the dataset. Needs the extra ``train`` (PyTorch, transformers, peft)."""
