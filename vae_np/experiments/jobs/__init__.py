"""The machinery below the experiments: a *job* is one training run or one measurement in its
folder; `engines` run jobs on several processes or machines, `running` puts stages of them through.
"""
