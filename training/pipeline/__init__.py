"""Runs the stages of the dataset: parts, workers, manifests, resuming."""
