"""Dataset, fine-tuning and benchmarks."""
