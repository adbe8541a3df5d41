"""Listings of the papers, transcribed for golden.py; the names at the ends of lines are theirs.

Each method is a generator of its models, x^0 first. p is the problem: p.gradient(i, x), p.step (gamma, eta),
p.omega and p.alpha of C (and p.alpha_down), and what was drawn: p.who(t) lists clients, multiplicities and
roles of round t, p.coin(t) is its coin, p.C(t, i, v) compresses on channel 0, as client i or as SERVER,
p.estimate(t, i, x) is a gradient of the rows drawn, of all where none are.
Beside it stands its step, by the constants c (class Constants of golden_problems.py) and the same p.
"""

import numpy as np

ROUNDS = 5
SERVER = 0xFFFFFFFF  # whoever takes part
FEEDS_G, FEEDS_H = 1, 2  # roles of COFIG


def mean(vectors):
    return sum(vectors) / len(vectors)


def theta(alpha):
    return 1.0 - np.sqrt(1.0 - alpha)


def xi(alpha):
    return np.sqrt(1.0 - alpha) / theta(alpha)


def rho(alpha, p):
    """The best rho of EF21-W-PP for equal probabilities p; 1/xi(alpha) at p = 1."""
    beta, q = (1.0 - alpha) / theta(alpha), 1.0 - p
    a = beta * p + q
    return (np.sqrt(q * q + a * p * theta(alpha)) - q) / a


def gradients(p, x):
    return [p.gradient(i, x) for i in range(p.n)]


def start(p, exact):
    """x^0, and vectors of the clients: their gradients there, or zeros."""
    x = np.zeros(p.d)
    return x, gradients(p, x) if exact else [np.zeros(p.d)] * p.n


def gd(p):
    x = np.zeros(p.d)
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * mean([p.estimate(t, i, x) for i in range(p.n)])
        yield x


def gd_step(c, _):
    return 1.0 / c.L


def dcgd(p):
    """arXiv:2312.02074: x <- x - gamma mean C_i(grad f_i(x))."""
    x = np.zeros(p.d)
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * mean([p.C(t, i, p.estimate(t, i, x)) for i in range(p.n)])
        yield x


def diana(p, exact):
    """arXiv:1901.09269, as in the papers on MARINA and COFIG."""
    x, h_i = start(p, exact)
    h, alpha = mean(h_i), 1.0 / (1.0 + p.omega)
    yield x
    for t in range(1, ROUNDS + 1):
        m_i = [p.C(t, i, p.estimate(t, i, x) - h_i[i]) for i in range(p.n)]  # C(grad f_i(x) - h_i)
        h_i = [h_i[i] + alpha * m_i[i] for i in range(p.n)]  # h_i + alpha m_i
        g = h + mean(m_i)  # h + mean m_i
        h = h + alpha * mean(m_i)  # h + alpha mean m_i
        x = x - p.step * g  # x - gamma g
        yield x


def diana_convex(c, p):
    return 1.0 / (c.L_max * (1.0 + 4.0 * p.mean_omega))


def diana_nonconvex(c, p):
    return 1.0 / (10.0 * c.L_max * np.sqrt(1.0 + p.mean_omega) * (p.omega + 2.0))


def vr_diana(p, exact):
    """arXiv:1904.05115, Algorithm 1 with L-SVRG; one coin for all, of probability 1/m."""
    x, h_i = start(p, exact)
    h, alpha = mean(h_i), 1.0 / (1.0 + p.omega)
    w, mu = x, gradients(p, x)  # w_ij^0 = x^0
    yield x
    for t in range(1, ROUNDS + 1):
        g_i = [p.estimate(t, i, x) - p.estimate(t, i, w) + mu[i] for i in range(p.n)]  # g_i^k
        delta = [p.C(t, i, g_i[i] - h_i[i]) for i in range(p.n)]  # Delta_i^k
        h_i = [h_i[i] + alpha * delta[i] for i in range(p.n)]  # h_i^{k+1}
        if p.p is None or p.coin(t):  # u^k
            w, mu = x, gradients(p, x)  # w_ij^{k+1} = x^k
        x, h = x - p.step * (h + mean(delta)), h + alpha * mean(delta)  # x^{k+1}, h^{k+1}
        yield x


def vr_diana_convex(c, p):
    return 1.0 / (c.L_max * (1.0 + 4.0 * p.mean_omega) + 4.0 * c.rows_spread * (3.0 * p.mean_omega + 1.0 / c.n))


def vr_diana_nonconvex(c, p):
    """Theorem 4 with 1/m = p.p."""
    L, m = max(c.L_max, np.sqrt(c.rows_variance)), 1.0 / (p.p or 1.0)
    return 1.0 / (10.0 * L * np.sqrt(1.0 + p.mean_omega) * (m ** (2.0 / 3.0) + p.omega + 1.0))


def marina(p):
    """arXiv:2102.07845, Algorithm 1."""
    x, g_i = start(p, True)
    g = mean(g_i)  # g^0 = grad f(x^0)
    yield x
    for t in range(1, ROUNDS + 1):
        old, x = x, x - p.step * g  # x^{k+1} = x^k - gamma g^k
        if p.coin(t):  # c_k
            g = mean(gradients(p, x))  # g^{k+1} = mean grad f_i(x^{k+1})
        else:
            g = g + mean([p.C(t, i, p.estimate(t, i, x) - p.estimate(t, i, old)) for i in range(p.n)])
        yield x


def marina_step(c, p):
    """VR-MARINA: 1/(L + sqrt((1-p)/(p n) (omega L^2 + (1+omega) scriptL^2/b'))); without estimates rows_variance = 0."""
    noise = p.mean_omega * (c.L_rms**2 + c.rows_variance) + c.rows_variance / c.n
    return 1.0 / (c.L_rms + np.sqrt((1.0 - p.p) / p.p * noise))


def pp_marina(p, r):
    """arXiv:2102.07845, PP-MARINA: r draws where the coin is 0."""
    x, g_i = start(p, True)
    g = mean(g_i)  # g^0
    yield x
    for t in range(1, ROUNDS + 1):
        old, x = x, x - p.step * g  # x^{k+1}
        if p.coin(t):  # c_k
            g = mean(gradients(p, x))  # g^{k+1}, of all clients
        else:
            q = [k * p.C(t, i, p.estimate(t, i, x) - p.estimate(t, i, old)) for i, k, _ in p.who(t)]
            g = g + sum(q) / r  # g^{k+1} = g^k + (1/r) sum Q(...)
        yield x


def pp_marina_step(c, p, r, again):
    """again: drawn with replacement, weights m_i of one message each. Then E m_i^2 = (r/n)(1 + (r - 1)/n), by which
    the noise omega (1/r^2) sum E m_i^2 |D_i|^2 is (omega/r)(1 + (r - 1)/n) mean |D_i|^2."""
    weight = 1.0 + (r - 1.0) / c.n if again else 1.0
    message = p.omega * (c.L_rms**2 + c.rows_variance) + c.rows_variance  # what its message adds to D_i, of C and of rows
    return 1.0 / (c.L_rms + np.sqrt((1.0 - p.p) / (p.p * r) * (c.L_rms**2 + weight * message)))


def dasha(p):
    """arXiv:2202.01268, DASHA with exact gradients; a = 1/(2 omega + 1)."""
    x, h_i = start(p, True)
    g_i, g, a = h_i, mean(h_i), 1.0 / (2.0 * p.omega + 1.0)
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * g  # x^{t+1} = x^t - gamma g^t
        new = gradients(p, x)  # h_i^{t+1}
        m_i = [p.C(t, i, new[i] - h_i[i] - a * (g_i[i] - h_i[i])) for i in range(p.n)]  # m_i
        h_i = new
        g_i = [g_i[i] + m_i[i] for i in range(p.n)]  # g_i^{t+1}
        g = g + mean(m_i)  # g^{t+1}
        yield x


def dasha_pp(p, prob):
    """arXiv:2205.15580 with exact gradients; a = p/(2 omega + 1), b = p/(2 - p), p = prob."""
    x, h_i = start(p, True)
    g_i, g = list(h_i), mean(h_i)
    a, b = prob / (2.0 * p.omega + 1.0), prob / (2.0 - prob)
    yield x
    for t in range(1, ROUNDS + 1):
        old, x = x, x - p.step * g  # x^{t+1} = x^t - gamma g^t
        for i, _, _ in p.who(t):
            k = p.gradient(i, x) - p.gradient(i, old) - b * (h_i[i] - p.gradient(i, old))  # k_i^{t+1}
            m = p.C(t, i, k / prob - a / prob * (g_i[i] - h_i[i]))  # m_i^{t+1}
            h_i[i] = h_i[i] + k / prob  # h_i^{t+1}
            g_i[i] = g_i[i] + m  # g_i^{t+1}
            g = g + m / p.n  # g^{t+1}
        yield x


def dasha_pp_step(c, p, prob, both):
    """both: the probability that two given clients take part together."""
    s, k = 1.0 - both / prob, 2.0 * (4.0 - 3.0 * prob) / (2.0 - prob)
    clients = 2.0 * (2.0 - prob) * s / (c.n * prob**2)
    messages = 2.0 * k * p.omega * (s + 4.0 * p.omega + 1.0) / (c.n * prob**2)
    return 1.0 / (c.L + c.L_rms * (np.sqrt(clients) + np.sqrt(messages)))


def dasha_step(c, p):
    return 1.0 / (c.L + np.sqrt(16.0 * p.omega * (2.0 * p.omega + 1.0) / c.n) * c.L_rms)


def ef14(p):
    """Seide et al. 2014; Stich et al. 2018."""
    x, e_i = start(p, False)
    yield x
    for t in range(1, ROUNDS + 1):
        p_i = [e_i[i] + p.step * p.estimate(t, i, x) for i in range(p.n)]  # e_i + gamma grad f_i(x)
        u_i = [p.C(t, i, p_i[i]) for i in range(p.n)]  # C(p_i)
        e_i = [p_i[i] - u_i[i] for i in range(p.n)]  # p_i - u_i
        x = x - mean(u_i)  # x - mean u_i
        yield x


def ef21(p, init, weighted):
    """arXiv:2402.10774v1, Algorithms 1 and 2; who is away keeps g_i. Algorithm 1: w_i = 1/n."""
    w = p.smoothness / np.sum(p.smoothness) if weighted else np.full(p.n, 1.0 / p.n)  # w_i
    x, _ = start(p, False)
    target = [p.gradient(i, x) / (p.n * w[i]) for i in range(p.n)]
    first = {"zero": lambda i, v: 0.0 * v, "exact": lambda i, v: v, "compressed": lambda i, v: p.C(0, i, v)}[init]
    g_i = [first(i, target[i]) for i in range(p.n)]  # g_i^0
    g = sum(w[i] * g_i[i] for i in range(p.n))  # g^0
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * g  # x^{t+1} = x^t - gamma g^t
        for i, _, _ in p.who(t):
            u = p.C(t, i, p.estimate(t, i, x) / (p.n * w[i]) - g_i[i])  # u_i^t
            g_i[i] = g_i[i] + u  # g_i^{t+1}
            g = g + w[i] * u  # g^{t+1}
        yield x


def ef21_measured(p):
    """The code of arXiv:2305.15264 on real data: EF21 whose step knows what c was in the round before; c = n at first."""
    x, c = np.zeros(p.d), float(p.n)
    g_i = [p.C(0, i, p.gradient(i, x)) for i in range(p.n)]
    k = p.constants
    yield x
    for t in range(1, ROUNDS + 1):
        plus = min(k.L_rms, np.sqrt(c / p.n) * k.L_max)
        x = x - mean(g_i) / (k.L + np.sqrt(c / p.n) * plus * xi(p.alpha))
        g_i = [g_i[i] + p.C(t, i, p.gradient(i, x) - g_i[i]) for i in range(p.n)]
        e = [g_i[i] - p.gradient(i, x) for i in range(p.n)]
        c = mean(e) @ mean(e) / (mean([v @ v for v in e]) / p.n + 1e-20)
        yield x


def ef21_sgdm(p, eta, exact):
    """arXiv:2305.15155, Algorithm 1; v_i^0 = grad f_i(x^0)."""
    x, _ = start(p, False)
    v = [p.gradient(i, x) for i in range(p.n)]  # v_i^0
    g_i = [v[i] if exact else p.C(0, i, v[i]) for i in range(p.n)]  # g_i^0
    yield x
    for t in range(1, ROUNDS + 1):
        x = x - p.step * sum(g_i) / p.n  # x^{t+1} = x^t - gamma g^t
        for i in range(p.n):
            v[i] = (1.0 - eta) * v[i] + eta * p.estimate(t, i, x)  # v_i^{t+1}
            g_i[i] = g_i[i] + p.C(t, i, v[i] - g_i[i])  # g_i^{t+1} = g_i^t + c_i^t
        yield x


def ef21_sgdm_step(c, p, eta):
    return 1.0 / (c.L + c.L_mean * (xi(p.alpha) + (1.0 - eta) / eta))


def ef21_step(c, p, prob=1.0):
    return 1.0 / (c.L + c.L_mean / rho(p.alpha, prob))


def ef21_old(c, p, prob=1.0):
    return 1.0 / (c.L + c.L_rms / rho(p.alpha, prob))


def ef21_sgd(c, p):
    """arXiv:2402.10774, EF21-SGD and EF21-W-SGD: rho = alpha/(2(1 - alpha)) in Young's inequality for the noise."""
    return 1.0 / (c.L + c.L_mean * xi(p.alpha / 2.0))


def rare_alpha(c, p, by_d=False):
    """TopK of vectors of r entries: K/r, not more than 1; the released code has K/d."""
    return min(1.0, p.alpha * p.d / (p.d if by_d else c.r))


def ef21_rf(c, p, by_d=False):
    """arXiv:2305.15264: gamma = 1/(L + sqrt(c/n) L_+ xi)."""
    return 1.0 / (c.L + np.sqrt(c.c / c.n) * c.L_plus * xi(rare_alpha(c, p, by_d)))


def ef21_lrf(c, p, by_d=False):
    """arXiv:2402.10774, section 3.3: gamma = 1/(L + L_RF xi)."""
    return 1.0 / (c.L + c.L_rf * xi(rare_alpha(c, p, by_d)))


def ef21_old_r(c, p):
    return 1.0 / (c.L + c.L_rms * xi(rare_alpha(c, p)))


def ef21_coin(c, p, prob=1.0):
    """C behind a coin of probability prob contracts by prob alpha."""
    return 1.0 / (c.L + c.L_mean * xi(prob * p.alpha))


def ef21_bc(p, exact):
    """arXiv:2110.03294, EF21-BC; the clients know g = 0 at first."""
    x, grad = start(p, True)
    t_i = grad if exact else [p.C(0, i, grad[i]) for i in range(p.n)]  # g~_i^0
    t_mean, g = mean(t_i), np.zeros(p.d)  # g~^0
    yield x
    for t in range(1, ROUNDS + 1):
        g = g + p.C(t, SERVER, t_mean - g, 1)  # g + b, b = C_M(g~ - g)
        x = x - p.step * g  # x - gamma g
        t_i = [t_i[i] + p.C(t, i, p.estimate(t, i, x) - t_i[i]) for i in range(p.n)]  # g~_i
        t_mean = mean(t_i)  # g~ = mean g~_i
        yield x


def ef21_bc_step(c, p):
    return 1.0 / (c.L + c.L_mean * (xi(p.alpha) + xi(p.alpha_down) * (1.0 + 2.0 * xi(p.alpha))))


def ef21_p(p, exact):
    """Gruntkowska et al. 2022, EF21-P + EF21: clients see w, and w is the model that is evaluated."""
    x, grad = start(p, True)
    w, g_i = x, grad if exact else [p.C(0, i, grad[i]) for i in range(p.n)]  # w^0, g_i^0
    yield w
    for t in range(1, ROUNDS + 1):
        x = x - p.step * mean(g_i)  # x - gamma g
        w = w + p.C(t, SERVER, x - w, 1)  # w + p, p = C_P(x - w)
        g_i = [g_i[i] + p.C(t, i, p.estimate(t, i, w) - g_i[i]) for i in range(p.n)]  # g_i
        yield w


def ef21_p_step(c, p):
    up = c.L_mean * xi(p.alpha) * (1.0 + 2.0 * xi(p.alpha_down))
    return 1.0 / (c.L + c.L * xi(p.alpha_down) + up)


def cofig(p, s, exact):
    """arXiv:2112.13097, Algorithm 1; s clients in each of the two sets."""
    x, h_i = start(p, exact)
    h, alpha = mean(h_i), 1.0 / (1.0 + p.omega)
    yield x
    for t in range(1, ROUNDS + 1):
        u = {i: p.C(t, i, p.estimate(t, i, x) - h_i[i]) for i, _, _ in p.who(t)}  # u_i^t
        for_g = [u[i] for i, _, role in p.who(t) if role & FEEDS_G]  # i in S~^t
        shifts = [i for i, _, role in p.who(t) if role & FEEDS_H]  # S^t
        h_i = [h_i[i] + alpha * u[i] if i in shifts else h_i[i] for i in range(p.n)]  # h_i^{t+1}
        g = h + sum(for_g) / s  # g^t
        h = h + alpha / p.n * sum(u[i] for i in shifts)  # h^{t+1}
        x = x - p.step * g  # x^{t+1}
        yield x


def cofig_convex(c, p, s):
    return 1.0 / (c.L_max * (2.0 + 8.0 * (1.0 + p.omega) / s))


def cofig_nonconvex(c, p, s):
    by_n, by_root = (1.0 + p.omega) * c.n ** (2.0 / 3.0), (1.0 + p.omega) ** 1.5 * c.n**0.5
    return min(1.0 / (2.0 * c.L_max), s / (5.0 * c.L_max * by_n), s / (5.0 * c.L_max * by_root))


def cofig_code(c, p, s):
    return min(cofig_convex(c, p, s), s / ((1.0 + p.omega) * np.sqrt(c.n)))


def frecon(p, s, newest, exact=True):
    """arXiv:2112.13097, Algorithm 2; newest: the shifts learn from grad f_i(x^{t+1})."""
    x, h_i = start(p, exact)
    g, h = mean(h_i), mean(h_i)  # g^0, h^0
    alpha, lam = 1.0 / (1.0 + p.omega), s / (2.0 * (1.0 + p.omega) * p.n)
    yield x
    for t in range(1, ROUNDS + 1):
        old, x = x, x - p.step * g  # x^{t+1} = x^t - eta g^t
        who = [i for i, _, _ in p.who(t)]  # S^t
        u_i = {i: p.C(t, i, p.gradient(i, x if newest else old) - h_i[i], 0) for i in who}  # u_i^t
        q_i = {i: p.C(t, i, p.gradient(i, x) - p.gradient(i, old), 1) for i in who}  # q_i^t
        h_i = [h_i[i] + alpha * u_i[i] if i in who else h_i[i] for i in range(p.n)]  # h_i^{t+1}
        u, q = sum(u_i.values()) / s, sum(q_i.values()) / s  # u^t, q^t
        g = q + (1.0 - lam) * g + lam * (u + h)  # g^{t+1}
        h = h + alpha * s / p.n * u  # h^{t+1}
        yield x


def frecon_step(c, p, s):
    return 1.0 / (c.L_max * (1.0 + np.sqrt(10.0 * (1.0 + p.omega) ** 2 * c.n / s**2)))
