"""Verification: what a chain must withstand before anyone learns from it."""
