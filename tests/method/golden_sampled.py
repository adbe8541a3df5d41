"""Listings of the methods that admit every sampling of clients, DCGD and PAGE, as those of golden_methods.py."""

import numpy as np

from golden_methods import ROUNDS, gradients, mean, start
from golden_sampling import sampling


def dcgd_sampled(p, kind, tau):
    """As above with g = S(C_i(grad f_i(x))), S of arXiv:2206.02275 over the clients, k draws of one message."""
    x = np.zeros(p.d)
    factor = sampling(kind, p.n, tau, p.smoothness)[0]
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * sum([k * factor[i] * p.C(t, i, p.gradient(i, x)) for i, k, _ in p.who(t)], np.zeros(p.d))
        yield x


def second_moments(kind, n, tau, smoothness):
    """E k_i^2 of the number of draws of i, from what is drawn: binomial, hypergeometric, or 0 and 1."""
    if kind in ("nice", "bernoulli", "weighted"):
        return 1.0 / (n * sampling(kind, n, tau, smoothness)[0])
    if kind == "extended-nice":
        copies = np.ceil(smoothness / np.mean(smoothness))
        total = np.sum(copies)
        part = copies / total
        return (tau * part) ** 2 + tau * part * (1.0 - part) * (total - tau) / (total - 1.0)
    q = smoothness / np.sum(smoothness) if kind == "importance" else np.full(n, 1.0 / n)
    return tau * q * (1.0 - q) + (tau * q) ** 2


def dcgd_step(c, p, kind, tau, permk):
    """E|g|^2 = |sum k_i factor_i v_i|^2 + omega sum (k_i factor_i)^2 |v_i|^2 on average; PermK: c sum (k_i factor_i)^2
    |v_i|^2 with c clients present."""
    factor, a, b, w = sampling(kind, c.n, tau, c.L_i)
    squares = second_moments(kind, c.n, tau, c.L_i) * factor**2 * c.n
    if permk:
        chance = 1.0 / (c.n * factor)
        present = 1.0 + tau - chance if kind in ("bernoulli", "weighted") else tau
        return 1.0 / np.max(present * squares * c.L_i)
    return 1.0 / ((1.0 - b) * c.L + 2.0 * np.max((a / (c.n * w) + p.omega * squares) * c.L_i))


def page(p, kind, tau):
    """arXiv:2206.02275, Algorithm 1, S over the clients, S_i over the rows of each, one draw for both points."""
    x, g_i = start(p, True)
    g = mean(g_i)  # g^0 = grad f(x^0)
    factor = sampling(kind, p.n, tau, p.smoothness)[0]
    yield x
    for t in range(1, ROUNDS + 1):
        old, x = x, x - p.step * g  # x^{t+1} = x^t - gamma g^t
        if p.coin(t):
            g = mean(gradients(p, x))  # g^{t+1} = grad f(x^{t+1})
        else:
            for i, k, _ in p.who(t):
                g = g + k * factor[i] * (p.estimate(t, i, x) - p.estimate(t, i, old))  # g^t + S(...)
        yield x


def page_coin(n, tau, part):
    """Expected rows of a round over those and all: tau of n clients, this part of the rows of each."""
    return tau * part / (tau * part + n)


def two_levels(c, p, a, b, w, V_i, plus, pm):
    """arXiv:2206.02275, Section 6: V_i = (A_i - B_i) L_{i,+}^2 + B_i L_{i,pm}^2 of the rows."""
    rows = np.mean((a / (c.n * w) + (1.0 - b) / c.n) * V_i)
    return 1.0 / (c.L + np.sqrt((1.0 - p.p) / p.p * (rows + (a - b) * plus + b * pm)))


def page_step(c, p, kind, tau):
    _, a, b, w = sampling(kind, c.n, tau, c.L_i)
    weights = 1.0 / (c.n * w) / c.n
    if p.quadratic:
        squares = sum(weight * h @ h for weight, h in zip(weights, c.hessians))
        whole = mean(c.hessians)
        plus, pm = np.linalg.eigvalsh(squares)[-1], np.linalg.eigvalsh(squares - whole @ whole)[-1]
    else:
        plus = pm = sum(weights * c.L_i**2)  # bounds
    return two_levels(c, p, a, b, w, c.V_i, plus, pm)


def page_vanilla(c, p, kind, tau):
    """A = 1/tau, B = 0 of draws with replacement on both levels, whatever was drawn; all clients are all clients."""
    if p.quadratic:
        plus = np.linalg.eigvalsh(mean([h @ h for h in c.hessians]))[-1]
    else:
        plus = c.L_rms**2
    everybody = kind == "nice" and tau == c.n
    return two_levels(c, p, 0.0 if everybody else 1.0 / tau, 0.0, np.full(c.n, 1.0 / c.n), c.vanilla_V_i, plus, plus)
