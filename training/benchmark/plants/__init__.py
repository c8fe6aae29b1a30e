"""Known faults, each planted by its own small rule into a correct trace."""
