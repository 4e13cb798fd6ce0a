"""Makes the demo conversation and the two tiny demo models; needs espeak-ng, and is no part of the running product."""
