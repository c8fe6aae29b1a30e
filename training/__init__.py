"""Dataset, fine-tuning and benchmark: everything that teaches or measures a model."""
