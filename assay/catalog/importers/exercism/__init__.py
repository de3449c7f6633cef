"""Exercism: a folder of exercises per language, called a track."""
