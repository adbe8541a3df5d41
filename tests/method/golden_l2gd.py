"""Listings of methods whose clients have models of their own, as those of golden_methods.py; what is yielded is their mean."""

from golden_methods import ROUNDS, SERVER, mean


def l2gd(p, lam):
    """arXiv:2209.05148, Algorithm 1: round t is k = t - 1, xi_{-1} = 1; channel 0 is C_i, channel 1 is C_M."""
    x, ref, before = [p.models[0]] * p.n, p.models[0], True  # x^0 is drawn
    eta, theta = p.step, p.step * lam / (p.n * p.p)
    yield mean(x)
    for t in range(1, ROUNDS + 1):
        coin = p.coin(t)
        if not coin:  # xi_k = 0
            x = [x[i] - eta / (p.n * (1.0 - p.p)) * p.estimate(t, i, x[i]) for i in range(p.n)]
        elif not before:  # xi_k = 1, xi_{k-1} = 0
            ybar = mean([p.C(t, i, x[i], 0) for i in range(p.n)])
            ref = p.C(t, SERVER, ybar, 1)
        if coin:
            x = [x[i] - theta * (x[i] - ref) for i in range(p.n)]
        before = coin
        yield mean(x)


def l2gd_base(c, p, lam):
    """n/(2 max{L/(1-p), lambda/p})"""
    return p.n / (2.0 * max(c.L_max / (1.0 - p.p), lam / p.p))


def l2gd_uncompressed(c, p, lam):
    return p.n / (2.0 * max(c.L_max / (1.0 - p.p), lam * (1.0 + 4.0 * (1.0 - p.p) / p.p)))


def l2gd_safe(c, p, lam, mu):
    """1/a, a = 2 max{L_f/(n(1-p)), lambda/(n p)} + 2 A lambda^2/(n mu p), A = w(1+w_M)/n + w_M."""
    noise = p.omega * (1.0 + p.omega_down) / p.n + p.omega_down
    a = 2.0 * max(c.L_max / (p.n * (1.0 - p.p)), lam / (p.n * p.p))
    return 1.0 / (a + 2.0 * noise * lam**2 / (p.n * mu * p.p))
