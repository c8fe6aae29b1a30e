"""The single-turn cases of the Berkeley Function-Calling Leaderboard, and our scorer for them."""
