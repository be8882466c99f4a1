"""The paper's experiments: grids of training runs, and the figures drawn from their records.

One file for each figure or table: which runs it takes, and how it is drawn from their
`metrics.jsonl`. `paper_grid` has the settings that figures 2 to 5 share, `rivals` and `ruler` what
the table measures and how. The machinery that runs them lies below, in `jobs`. Nothing else in
vae_np knows this package but the command line.
"""
