"""Export: chains that were verified and selected become rows, files, a card and pages."""
