"""The models: the VAE of the paper, and room for its rivals and successors, one file each."""
