"""Random reshuffling with compression, arXiv:2206.07021, transcribed for golden.py as golden_methods.py; and its runs.

p.orders[epoch, m] is pi_m, p.batch(m, j, B, x) the gradient of minibatch j of B, p.eta the server's step.
"""

import numpy as np

import golden_methods as gm
from golden_cases import CLIENTS, Case
from golden_methods import ROUNDS, mean


def q_rr(p, B):
    """Algorithm 1; a round is a step i of epoch e."""
    x = np.zeros(p.d)
    yield x
    for t in range(1, ROUNDS + 1):
        e, i = divmod(t - 1, B)
        x = x - p.step * mean([p.C(t, m, p.batch(m, p.orders[e, m][i], B, x)) for m in range(p.n)])
        yield x


def diana_rr(p, B, one):
    """Algorithm 2; one: a single shift of each client."""
    x, h, alpha = np.zeros(p.d), np.zeros((p.n, B, p.d)), 1.0 / (1.0 + p.omega)
    yield x
    for t in range(1, ROUNDS + 1):
        e, i = divmod(t - 1, B)
        g = []
        for m in range(p.n):
            j = p.orders[e, m][i]  # pi_m(i)
            k = 0 if one else j
            delta = p.C(t, m, p.batch(m, j, B, x) - h[m, k])  # delta_m
            g.append(h[m, k] + delta)  # g^_m, with the old shift
            h[m, k] += alpha * delta  # h_m^j
        x = x - p.step * mean(g)
        yield x


def local_epoch(p, m, t, B, x):
    """g_m = (x_t - y)/(gamma n) after the n steps of epoch t."""
    y = x
    for j in p.orders[t - 1, m]:
        y = y - p.step * p.batch(m, j, B, y)
    return (x - y) / (p.step * B)


def q_nastya(p, B):
    """Algorithms 3 and 5."""
    x = np.zeros(p.d)
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.eta * mean([p.C(t, m, local_epoch(p, m, t, B, x)) for m, _, _ in p.who(t)])
        yield x


def diana_nastya(p, B):
    """Algorithms 4 and 6; in 6 with the cohort's own shifts, as in its proof."""
    x, h, alpha = np.zeros(p.d), np.zeros((p.n, p.d)), 1.0 / (1.0 + p.omega)
    yield x
    for t in range(1, ROUNDS + 1):
        old = h.copy()
        g = []
        for m, _, _ in p.who(t):
            c = p.C(t, m, local_epoch(p, m, t, B, x) - old[m])  # c_m
            h[m] = old[m] + alpha * c  # h_m
            g.append(old[m] + c)
        x = x - p.eta * mean(g)
        yield x


def cohort_omega(p, C):
    return 1.0 if p.mean_omega == 1.0 else p.omega / C


def cases():
    for up in ("randk:k=3", "permk"):
        rows = lambda c, p, factor: 1.0 / ((1.0 + factor * p.mean_omega) * c.L_row)
        yield Case("qsgd", "", gm.dcgd, lambda c, p: rows(c, p, 2.0), up, gradient="uniform:2", repeats=False)
        yield Case("diana", "", lambda p: gm.diana(p, False), lambda c, p: rows(c, p, 6.0), up, rule="theory-rows",
                   gradient="uniform:2", repeats=False)
        for order in ("", "--rr-order once"):
            yield Case("q-rr:batches=3", order, lambda p: q_rr(p, 3), lambda c, p: rows(c, p, 2.0), up)
            for method in ("diana-rr", "diana-rr-1s"):
                yield Case(method + ":batches=2", order, lambda p, one=method[-1] == "s": diana_rr(p, 2, one),
                           lambda c, p: diana_rr_step(c, p, 2), up)
        for options, C in (("", CLIENTS), ("--participation nice:2", 2)):
            yield Case("q-nastya:batches=3", options, lambda p: q_nastya(p, 3), lambda c, p: 1.0 / (5.0 * 3.0 * c.L_row), up,
                       draws=C, server_step=lambda c, p, C=C: 1.0 / (16.0 * c.L_row * (1.0 + cohort_omega(p, C))))
            yield Case("diana-nastya:batches=3", options, lambda p: diana_nastya(p, 3),
                       lambda c, p, C=C: 1.0 / ((16.0 if C == CLIENTS else 5.0) * 3.0 * c.L_row), up, draws=C,
                       server_step=lambda c, p, C=C: diana_nastya_step(c, p, C))


def diana_rr_step(c, p, B):
    step = 1.0 / ((1.0 + 6.0 * p.mean_omega) * c.L_row)
    return min(step, 1.0 / (1.0 + p.omega) / (2.0 * B * p.mu)) if p.mu else step


def diana_nastya_step(c, p, C):
    alpha, W = 1.0 / (1.0 + p.omega), cohort_omega(p, C)
    if C == CLIENTS:
        eta, strong = 1.0 / (16.0 * c.L_row * (1.0 + 9.0 * W)), alpha / 2.0
    else:
        eta, strong = 1.0 / (80.0 * c.L_row * (1.0 + W)), alpha * C / p.n
    return min(eta, strong / p.mu) if p.mu else eta
