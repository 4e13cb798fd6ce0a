"""Tests of the bundled demo conversation and demo models."""
