"""The paper's experiments: grids of training runs, and the figures drawn from their records.

A *job* (`jobs`) is one training run in its folder. A *grid* (`grid`) lists jobs in stages. An
*engine* (`engines`) runs the jobs of a stage on several processes or machines, and `running` puts
the two together. Then one file for each figure: which runs it takes, and how it is drawn from
their `metrics.jsonl`. Nothing else in vae_np knows this package but the command line.
"""
