"""The parts of `gradcheck`: how it measures (differences, steps, probes, pairs), how it finds
reasons (evidence, terms) and what it hands back (report).
"""
