"""The table of samplings, for the listings of golden_methods.py."""

import numpy as np


def sampling(kind, n, tau, smoothness):
    """arXiv:2206.02275, Table 1: factors of the a_i in S(a), A, B and w_i."""
    ones = np.ones(n)
    if kind == "uniform":
        return ones / tau, 1.0 / tau, 1.0 / tau, ones / n
    if kind == "importance":
        q = smoothness / sum(smoothness)
        return 1.0 / (tau * n * q), 1.0 / tau, 1.0 / tau, q
    if kind in ("bernoulli", "weighted"):
        p = tau / n * (ones if kind == "bernoulli" else smoothness / np.mean(smoothness))
        assert np.all(p < 1.0)
        odds = p / (1.0 - p)
        return 1.0 / (n * p), 1.0 / sum(odds), 0.0, odds / sum(odds)
    copies = np.ceil(smoothness / np.mean(smoothness)) if kind == "extended-nice" else ones
    total = sum(copies)
    a = (total - tau) / (tau * (total - 1.0))
    return total / (tau * n * copies), a, a, copies / total
