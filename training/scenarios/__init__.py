"""Conversations with a scripted user and a goal: for the benchmark and for the dataset."""
