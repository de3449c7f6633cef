"""The program of the candidate's sandbox. Submitted code shares its process, so nothing here is trusted."""
