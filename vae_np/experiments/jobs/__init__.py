"""What runs the experiments. A *job* is one training run (`training`) or one measurement
(`measuring`) in its folder, which is its whole state: it may be stopped, killed or given to
another machine at any moment. `engines` run jobs on several processes or machines, and `running`
takes them there in rounds, one round after the other.
"""
