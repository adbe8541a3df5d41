"""Listings of the methods with local steps, as those of golden_methods.py, and the runs that golden.py compares.

p.orders[epoch, i] is the order in which client i goes through its minibatches, p.draws[t, i] what its coin of round t is
below, p.local[t, i, j] the rows that it draws for local step j.
"""

import numpy as np

from golden_cases import CLIENTS, Case
from golden_methods import ROUNDS, mean


def local_gradient(p, t, turn, i, j, steps, batches, y):
    """Of local step j of round t, the client's turn number `turn`: the next minibatch, or rows drawn for this step."""
    if (t, i, j) in p.local:
        return p.sampled(i, p.local[t, i, j], y)
    epoch, position = divmod(turn * steps + j, batches)
    return p.batch(i, p.orders[epoch, i][position], batches, y)


def turns(p, t, i):
    """How often client i took part before round t."""
    return sum(i == k for s in range(1, t) for k, _, _ in p.who(s))


def fedavg(p, steps, batches, eta, factor, mu=0.0, own_turns=False):
    """arXiv:1602.05629; mu: arXiv:1812.06127; C: arXiv:1909.13014, arXiv:2007.01154."""
    x, C = np.zeros(p.d), p.C if p.compresses else lambda t, i, v: v
    yield x
    for t in range(1, ROUNDS + 1):
        g = np.zeros(p.d)
        for i, k, _ in p.who(t):
            y = x
            for j in range(steps):
                turn = turns(p, t, i) if own_turns else t - 1
                y = y - p.step * (local_gradient(p, t, turn, i, j, steps, batches, y) + mu * (y - x))
            g = g + k * factor * C(t, i, (x - y) / (p.step * steps))
        x = x - eta * g
        yield x


def rr_cli(p, steps, batches, rounds, eta, theta):
    """arXiv:2302.03662; R = rounds; the sum of a cohort weighs R/M."""
    x, first = np.zeros(p.d), np.zeros(p.d)  # x_t^r, x_t
    yield x
    for t in range(1, ROUNDS + 1):
        g = []
        for i, _, _ in p.who(t):
            y = x  # y^0 = x_t^r
            for j in range(steps):
                y = y - p.step * local_gradient(p, t, turns(p, t, i), i, j, steps, batches, y)
            g.append((x - y) / (p.step * steps))  # g_m
        x = x - eta * rounds / p.n * sum(g)  # x_t^{r+1} = x_t^r - eta g_t^r
        if t % rounds == 0:
            x = first - theta * (first - x) / (eta * rounds)  # x_{t+1}
            first = x
        yield x


def scaffold(p, steps, batches, eta_g):
    """arXiv:1910.06378, Algorithm 1, option II; eta_l = p.step."""
    x, c, c_i = np.zeros(p.d), np.zeros(p.d), [np.zeros(p.d)] * p.n
    yield x
    for t in range(1, ROUNDS + 1):
        moves, changes = [], []
        for i, _, _ in p.who(t):
            y = x
            for j in range(steps):
                y = y - p.step * (local_gradient(p, t, t - 1, i, j, steps, batches, y) - c_i[i] + c)
            new = c_i[i] - c + (x - y) / (steps * p.step)  # c_i^+
            moves.append(y - x)
            changes.append(new - c_i[i])
            c_i = c_i[:i] + [new] + c_i[i + 1:]
        x = x + eta_g * mean(moves)
        c = c + len(changes) / p.n * mean(changes)  # |S|/n
        yield x


def proxskip(p):
    """arXiv:2202.09357, Algorithm 2 (Scaffnew)."""
    x, h = [np.zeros(p.d)] * p.n, [np.zeros(p.d)] * p.n
    yield mean(x)
    for t in range(1, ROUNDS + 1):
        hat = [x[i] - p.step * (p.gradient(i, x[i]) - h[i]) for i in range(p.n)]
        x = [mean([hat[k] - p.step / p.p * h[k] for k in range(p.n)])] * p.n if p.coin(t) else hat
        h = [h[i] + p.p / p.step * (x[i] - hat[i]) for i in range(p.n)]
        yield mean(x)


def gradskip(p):
    """arXiv:2210.16402, Algorithm 1; q_i for p = sqrt(1/kappa_max): 1/kappa_i = p^2 L_max/L_i."""
    x, h = [np.zeros(p.d)] * p.n, [np.zeros(p.d)] * p.n
    inverse = p.p**2 * p.constants.L_max / p.smoothness  # 1/kappa_i
    q = (1.0 - inverse) / (1.0 - np.min(inverse))
    yield mean(x)
    for t in range(1, ROUNDS + 1):
        goes_on = [p.draws[t, i] < q[i] for i in range(p.n)]  # eta_i
        h_hat = [h[i] if goes_on[i] else p.gradient(i, x[i]) for i in range(p.n)]
        hat = [x[i] - p.step * (p.gradient(i, x[i]) - h_hat[i]) for i in range(p.n)]
        x = [mean([hat[k] - p.step / p.p * h_hat[k] for k in range(p.n)])] * p.n if p.coin(t) else hat
        h = [h_hat[i] + p.p / p.step * (x[i] - hat[i]) for i in range(p.n)]
        yield mean(x)


def sixteenth(c, p):
    return 0.0625


def longest(c, p):
    return 1.0 / c.L_max


def longest_row(c, p):
    return 1.0 / c.L_row


def fedavg_cases():
    """K local steps through the minibatches, in the middle of an epoch too; cohorts; a server step of its own."""
    number = {"rule": "0.0625"}
    for method, options, factor, draws in (("fedavg", "", 1 / CLIENTS, CLIENTS), ("fedavg", "--participation nice:2", 1 / 2, 2),
                                           ("fedavg", "--participation uniform:3", 1 / 3, 3),
                                           ("fedavg", "--rr-order once", 1 / CLIENTS, CLIENTS)):
        more = dict(number, draws=draws)
        yield Case(method + ":steps=2,batches=3", options, lambda p, f=factor: fedavg(p, 2, 3, 2 * p.step, f), sixteenth, **more)
        yield Case(method + ":epochs=2,batches=2", options + " --server-step 0.1",
                   lambda p, f=factor: fedavg(p, 4, 2, 0.1, f), sixteenth, **more)
    yield Case("fedavg:steps=3", "", lambda p: fedavg(p, 3, 1, 3 * p.step, 1 / CLIENTS), sixteenth, gradient="nice:3", **number)
    yield Case("fedprox:steps=3,batches=2,mu=1.5", "", lambda p: fedavg(p, 3, 2, 3 * p.step, 1 / CLIENTS, 1.5), sixteenth, **number)
    for method in ("fedpaq", "fedcom"):
        yield Case(method + ":steps=3,batches=2", "", lambda p: fedavg(p, 3, 2, 3 * p.step, 1 / CLIENTS), sixteenth, "randk:k=3", **number)
        yield Case(method + ":steps=3,batches=2", "--server-step 0.1 --participation nice:4", lambda p: fedavg(p, 3, 2, 0.1, 1 / 4),
                   sixteenth, "randk:k=3", draws=4, **number)


def local_cases():
    yield from fedavg_cases()
    for kind in ("cohorts:3", "cohorts:3,order=partition", "cyclic:3"):
        yield Case("rr-cli:batches=3", "--participation " + kind, lambda p: rr_cli(p, 3, 3, 2, 3 * p.step, 6 * p.step), longest_row,
                   draws=3)
    yield Case("rr-cli:epochs=2,batches=3", "--participation cohorts:3 --server-step 0.1 --meta-step 0.3",
               lambda p: rr_cli(p, 6, 3, 2, 0.1, 0.3), sixteenth, rule="0.0625", draws=3)
    for order in ("", " --rr-order once"):  # in the middle of an epoch
        for kind in ("cohorts:3", "cyclic:3"):
            yield Case("rr-cli:steps=2,batches=3", "--participation " + kind + order, lambda p: rr_cli(p, 2, 3, 2, 2 * p.step, 4 * p.step),
                       longest_row, draws=3)
            yield Case("fedavg:steps=2,batches=3", "--participation " + kind + order,
                       lambda p: fedavg(p, 2, 3, 2 * p.step, 1 / 3, own_turns=True), sixteenth, rule="0.0625", draws=3)
    yield Case("rr-cli:batches=2", "--participation cohorts:4 --meta-step 0.3",  # 4 of 6, then 2: s = 2 * 4/6
               lambda p: rr_cli(p, 2, 2, 2, 2 * p.step / (4 / 3), 0.3), longest_row, draws=None)
    yield Case("fedavg:steps=2,batches=3", "--participation bernoulli:0.4",  # s = 1 + 0.6/(0.4 * 6)
               lambda p: fedavg(p, 2, 3, 2 * p.step / 1.25, 1 / (0.4 * CLIENTS)), sixteenth, rule="0.0625", draws=None)
    for options, draws in (("", CLIENTS), ("--participation nice:2", 2)):
        yield Case("scaffold:steps=2,batches=3", options, lambda p: scaffold(p, 2, 3, 1.0), sixteenth, rule="0.0625", draws=draws)
    yield Case("scaffold:epochs=2,batches=2", "--server-step 0.5", lambda p: scaffold(p, 4, 2, 0.5 / (4 * p.step)), sixteenth,
               rule="0.0625")
    for p, seed in ((0.4, 2), (0.6, 3)):
        yield Case("proxskip", "--p %g" % p, proxskip, longest, p=p, seed=seed)
        yield Case("gradskip", "--p %g" % p, gradskip, longest, p=p, seed=seed)
