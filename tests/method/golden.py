"""golden.py WRITER: five rounds of each method against the listings of the papers, transcribed with NumPy.

The listings stand in golden_methods.py, written from the papers and from nothing else. What the program drew
(cohorts, coins, the entries that RandK and PermK keep) is taken from the writer, not transcribed.
"""

import subprocess
import sys

TOLERANCE = 1e-12
CLIENTS = 6

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP NumPy is not installed")
    sys.exit(0)

import golden_methods as gm


class Problem:
    """Rows and labels by client, the step, what was drawn, and what the program computed."""

    def __init__(self, text):
        rows, self.models, self.values = {}, [], []
        self.cohorts, self.coins, self.masks, self.drawn = {}, {}, {}, {}
        for line in text.splitlines():
            words = line.split()
            numbers = np.array([float(word) for word in words[1:]])
            if words[0] == "row":
                rows.setdefault(int(words[1]), []).append(numbers[1:])
            elif words[0] == "gamma":
                self.gamma = numbers[0]
            elif words[0] == "x":
                self.models.append(numbers)
            elif words[0] == "f":
                self.values.append(numbers)
            elif words[0] == "who":
                self.cohorts.setdefault(int(words[1]), []).append(tuple(int(word) for word in words[2:]))
            elif words[0] == "coin":
                self.coins[int(words[1])] = words[2] == "1"
            elif words[0] == "drawn":
                self.drawn[int(words[1]), int(words[2])] = [int(word) for word in words[3:]]
            elif words[0] == "mask":
                self.masks[tuple(int(word) for word in words[1:4])] = numbers[3:]
        self.clients = [np.array(rows[i]) for i in sorted(rows)]
        self.labels = [client[:, 0] for client in self.clients]
        self.features = [client[:, 1:] for client in self.clients]
        self.n, self.d = len(self.clients), self.features[0].shape[1]
        self.step = self.gamma

    def gradient(self, i, x):
        return self.rows_gradient(i, range(len(self.labels[i])), x) + self.smooth(x)

    def estimate(self, t, i, x):
        """From the rows that client i draws in round t; of all of them where none are drawn in a run."""
        if (t, i) not in self.drawn:
            return self.gradient(i, x)
        parts = [self.factors[i][row] * self.rows_gradient(i, [row], x) for row in self.drawn[t, i]]
        return sum(parts) + self.smooth(x)


    def hessians(self):
        return [self.curvature / len(a) * a.T @ a for a in self.features]


class LeastSquares(Problem):
    curvature, plus, convex, quadratic = 2.0, 0.0, True, True

    def loss(self, i, x):
        return np.mean((self.features[i] @ x - self.labels[i]) ** 2)

    def rows_gradient(self, i, rows, x):
        a, b = self.features[i][list(rows)], self.labels[i][list(rows)]
        return 2.0 / len(b) * a.T @ (a @ x - b)

    def smooth(self, x):
        return np.zeros_like(x)


class Logistic(Problem):
    """With lambda sum x^2/(1 + x^2)."""

    weight = 0.1
    curvature, plus, convex, quadratic = 0.25, 0.2, False, False

    def loss(self, i, x):
        z = -self.labels[i] * (self.features[i] @ x)
        return np.mean(np.logaddexp(0.0, z)) + self.weight * np.sum(x**2 / (1.0 + x**2))

    def rows_gradient(self, i, rows, x):
        a, b = self.features[i][list(rows)], self.labels[i][list(rows)]
        slope = -b / (1.0 + np.exp(b * (a @ x)))
        return a.T @ slope / len(b)

    def smooth(self, x):
        return self.weight * 2.0 * x / (1.0 + x**2) ** 2


class Tridiagonal(Problem):
    """f_i = mean of (s/2) x^T T x + (t/2)|x|^2 - b x_1, all f_i as a dense matrix."""

    plus, convex, quadratic = 0.0, False, True

    def hessians(self):
        second = 2.0 * np.eye(self.d) - np.eye(self.d, k=1) - np.eye(self.d, k=-1)
        return [np.mean(a[:, 0]) * second + np.mean(a[:, 1]) * np.eye(self.d) for a in self.features]

    def loss(self, i, x):
        return x @ self.hessians()[i] @ x / 2.0 - np.mean(self.labels[i]) * x[0]

    def gradient(self, i, x):
        return self.hessians()[i] @ x - np.mean(self.labels[i]) * np.eye(self.d)[0]


class Softmax(Problem):
    """K = 3 classes of 3 features, x as a matrix (K, features); with (lambda/2)|x|^2."""

    classes, weight = 3, 0.05
    plus, convex, quadratic = 0.05, True, False

    def scores(self, i, x):
        return self.features[i][:, :self.d // self.classes] @ x.reshape(self.classes, -1).T

    def loss(self, i, x):
        z = self.scores(i, x)
        chosen = z[np.arange(len(z)), self.labels[i].astype(int)]
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - chosen) + self.weight / 2.0 * (x @ x)

    def gradient(self, i, x):
        e = np.exp(self.scores(i, x))
        p = e / np.sum(e, axis=1, keepdims=True)
        p[np.arange(len(p)), self.labels[i].astype(int)] -= 1.0
        a = self.features[i][:, :self.d // self.classes]
        return (p.T @ a / len(a)).ravel() + self.weight * x

    def hessians(self):
        center = (np.eye(self.classes) - 1.0 / self.classes) / 2.0
        own = [a[:, :self.d // self.classes] for a in self.features]
        return [np.kron(center, a.T @ a / len(a)) for a in own]


class Constants:
    def __init__(self, p, kind, tau):
        self.hessians = p.hessians()
        self.L_i = np.array([np.max(np.abs(np.linalg.eigvalsh(h))) for h in self.hessians]) + p.plus
        self.L = np.max(np.abs(np.linalg.eigvalsh(sum(self.hessians) / p.n))) + p.plus
        self.L_mean, self.L_rms, self.L_max = np.mean(self.L_i), np.sqrt(np.mean(self.L_i**2)), np.max(self.L_i)
        self.n = p.n
        self.rows_variance = self.rows_spread = 0.0
        if kind != "full":
            self.rows(p, kind, tau)

    def rows(self, p, kind, tau):
        """Of TAU rows' estimates, arXiv:2206.02275: their constants by dense matrices."""
        m, squares, most = len(p.labels[0]), [], []
        self.fraction, p.factors = tau / m, []
        for a, H in zip(p.features, self.hessians):
            L = p.curvature * np.sum(a**2, axis=1)
            q = L / np.sum(L) if kind == "importance" else np.full(m, 1.0 / m)
            A = {"nice": (m - tau) / (tau * (m - 1.0)), "independent": (1.0 - tau / m) / tau}.get(kind, 1.0 / tau)
            noise, B = A / (m * q), 0.0 if kind == "independent" or not p.quadratic else A
            plus = sum(noise[j] / m * L[j] * p.curvature * np.outer(a[j], a[j]) for j in range(m))
            squares.append(max(0.0, np.linalg.eigvalsh(plus - B * H @ H)[-1]) if A > 0.0 else 0.0)
            most.append(np.max(noise * L))
            p.factors.append(1.0 / (tau * m * q))
        self.rows_variance, self.rows_spread = np.mean(squares), np.max(most)


def top(v, k):
    """The k entries of largest magnitude; the lowest index wins a tie."""
    out = np.zeros_like(v)
    for j in sorted(range(len(v)), key=lambda j: (-abs(v[j]), j))[:k]:
        out[j] = v[j]
    return out


class Coder:
    """One channel's compressor, "topk:k=2", "randk:k=3", "permk"; contractive: scaled by 1/(1 + omega)."""

    def __init__(self, p, text, contractive):
        self.p, self.kind = p, text.split(":")[0]
        self.k = p.d / p.n if self.kind == "permk" else int(text.split("=")[1])
        self.omega, self.alpha = p.d / self.k - 1.0, self.k / p.d
        self.divisor = 1.0 + self.omega if contractive else 1.0

    def __call__(self, t, channel, sender, v):
        if self.kind == "topk":
            return top(v, self.k)
        return self.p.masks[t, channel, sender] * v / self.divisor


class Case:
    """One run: its options, and what it is to equal."""

    def __init__(self, method, options, listing, step, up="", down="", **more):
        self.method, self.options, self.listing, self.step = method, options, listing, step
        self.up, self.down = up, down
        self.rule = more.get("rule", "theory")
        self.p = more.get("p")  # of the coin
        self.clients = more.get("clients", CLIENTS)
        self.draws = more.get("draws", self.clients)  # multiplicities of a round; None: any
        self.repeats = more.get("repeats", "uniform" in options)  # None: perhaps
        self.gradient = more.get("gradient", "full:0").split(":")
        self.contractive = method.split(":")[0] in ("ef14", "ef21", "ef21-w", "ef21-bc", "ef21-p", "ef21-sgdm")

    def text(self):
        words = ["--method", self.method, "--step", self.rule, self.options]
        words += ["--compressor", self.up] if self.up else []
        words += ["--gradient", ":".join(self.gradient)] if self.gradient[0] != "full" else []
        words += ["--compressor-down", self.down] if self.down else []
        return " ".join(word for word in words if word)

    def equip(self, p, constants):
        """What the listings read."""
        up = Coder(p, self.up, self.contractive) if self.up else None
        coders = [up, Coder(p, self.down, self.contractive) if self.down else up]
        p.C = lambda t, i, v, channel=0: coders[channel](t, channel, i, v)
        p.who, p.coin, p.p = lambda t: p.cohorts.get(t, []), lambda t: p.coins[t], self.p
        p.smoothness, p.constants = constants.L_i, constants
        if up:
            p.omega, p.alpha, p.alpha_down = up.omega, up.alpha, coders[1].alpha
            p.mean_omega = 1.0 if up.kind == "permk" else up.omega / p.n


def cohort_faults(case, p):
    faults, coins = [], [p.coins[t] for t in range(1, gm.ROUNDS + 1)]
    if case.p is not None and len(set(coins)) < 2:
        faults.append("all coins fell alike: nothing was compared of the other side")
    for t in range(1, gm.ROUNDS + 1):
        who = p.who(t)
        wanted = case.clients if case.p is not None and p.coin(t) else case.draws
        counts = [sum(k for _, k, _ in who)]
        if case.method.startswith("cofig"):
            counts = [sum(role & bit > 0 for _, _, role in who) for bit in (gm.FEEDS_G, gm.FEEDS_H)]
        if wanted is not None and counts != [wanted] * len(counts):
            faults.append("round %d: %r draws, not %d" % (t, counts, wanted))
        if sorted(set(i for i, _, _ in who)) != [i for i, _, _ in who]:
            faults.append("round %d: the cohort is not ascending" % t)
    drawn_again = any(k > 1 for t in range(1, gm.ROUNDS + 1) if not (case.p and p.coin(t)) for _, k, _ in p.who(t))
    if case.repeats is not None and drawn_again != case.repeats:
        faults.append("clients drawn twice: %s" % drawn_again)
    if case.draws != case.clients and len(set(tuple(p.who(t)) for t in range(1, gm.ROUNDS + 1))) == 1:
        faults.append("the same cohort in all rounds")
    return faults


def model_faults(p, models):
    faults = []
    for t, (ours, theirs) in enumerate(zip(p.models, models)):
        if not np.linalg.norm(ours - theirs) <= TOLERANCE * np.linalg.norm(theirs):
            faults.append("x^%d differs by %.1e" % (t, np.linalg.norm(ours - theirs)))
    for t, (loss, norm) in enumerate(p.values):
        f = sum(p.loss(i, models[t]) for i in range(p.n)) / p.n
        g = sum(p.gradient(i, models[t]) for i in range(p.n)) / p.n
        if not (abs(loss - f) <= TOLERANCE * abs(f) and abs(norm - g @ g) <= 10 * TOLERANCE * (g @ g)):
            faults.append("row %d: f %r and |grad f|^2 %r, not %r and %r" % (t, loss, norm, f, g @ g))
    if len(p.models) != gm.ROUNDS + 1 or len(p.values) != gm.ROUNDS + 1 or not np.any(p.models[-1]):
        faults.append("%d models, %d rows" % (len(p.models), len(p.values)))
    return faults


def compare(writer, kind, data, case):
    options = "%s --seed 2 --clients %d --rounds %d %s" % (data, case.clients, gm.ROUNDS, case.text())
    command = [writer, options] + (["%.17g" % case.p] if case.p is not None else [])
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0 or "\nfailed" in done.stdout:
        return ["%s: %s" % (options, done.stdout[-300:])]
    p = kind(done.stdout)
    constants = Constants(p, case.gradient[0], int(case.gradient[1]))
    case.equip(p, constants)
    faults = []
    step = case.step(constants, p)
    if not abs(p.gamma / step - 1.0) <= 1e-8:
        faults.append("step %r, by its formula %r" % (p.gamma, step))
    return faults + cohort_faults(case, p) + model_faults(p, list(case.listing(p)))


def plain_cases(d):
    """Everybody in every round. d: dimensions."""
    by = {False: gm.diana_nonconvex, True: gm.diana_convex}
    yield Case("gd", "", gm.gd, gm.gd_step)
    for up in ("randk:k=3", "permk"):
        third = 1.0 / 3.0 if up == "randk:k=3" else 1.0 / CLIENTS  # 1/(1 + omega)
        yield Case("dcgd", "", gm.dcgd, lambda c, p: 0.0625, up, rule="0.0625")
        yield Case("diana", "", lambda p: gm.diana(p, False), lambda c, p: by[p.convex](c, p), up)
        yield Case("marina", "", gm.marina, gm.marina_step, up, p=third)
    yield Case("diana", "--init exact", lambda p: gm.diana(p, True), gm.diana_convex, "randk:k=2",
               rule="theory-convex")
    yield Case("diana", "--init exact", lambda p: gm.diana(p, True), gm.diana_nonconvex, "randk:k=2",
               rule="theory-nonconvex")
    yield Case("marina:p=0.5", "", gm.marina, gm.marina_step, "randk:k=2", p=0.5)
    yield Case("dasha", "", gm.dasha, gm.dasha_step, "randk:k=3")
    for up in ("topk:k=2", "randk:k=%d" % (d // 2)):
        yield Case("ef14", "", gm.ef14, lambda c, p: 0.0625, up, rule="0.0625")
    for up, down in (("topk:k=2", ""), ("topk:k=4", "topk:k=3"), ("topk:k=3", "randk:k=6"), ("randk:k=5", "topk:k=2")):
        yield Case("ef21-bc", "", lambda p: gm.ef21_bc(p, False), gm.ef21_bc_step, up, down)
        yield Case("ef21-p", "", lambda p: gm.ef21_p(p, False), gm.ef21_p_step, up, down)
    for eta, init, up in ((0.1, "compressed", "topk:k=2"), (0.4, "exact", "topk:k=3"), (1.0, "compressed", "randk:k=4")):
        yield Case("ef21-sgdm:eta=%g" % eta, "--init " + init, lambda p, eta=eta, init=init: gm.ef21_sgdm(p, eta, init == "exact"),
                   lambda c, p, eta=eta: gm.ef21_sgdm_step(c, p, eta), up)
    yield Case("ef21-bc", "--init exact", lambda p: gm.ef21_bc(p, True), gm.ef21_bc_step, "topk:k=2", "randk:k=4")
    yield Case("ef21-p", "--init exact", lambda p: gm.ef21_p(p, True), gm.ef21_p_step, "topk:k=2", "randk:k=4")


def estimate_cases(m):
    """Gradients of some of the m rows. The coins of MARINA: the smaller of two probabilities."""
    up = "randk:k=3"
    for gradient in ("nice:3", "uniform:2", "independent:2", "importance:2", "nice:1", "nice:7"):
        share = int(gradient[-1]) / m
        for exact in (False, True):
            options = "--init exact" if exact else ""
            for rule, formula in (("theory-convex", gm.vr_diana_convex), ("theory-nonconvex", gm.vr_diana_nonconvex)):
                yield Case("vr-diana", options, lambda p, exact=exact: gm.vr_diana(p, exact), formula, up,
                           rule=rule, gradient=gradient, p=None if share == 1.0 else share)
        coin = min(1.0 / 3.0, share / (share + 1.0))
        yield Case("marina", "", gm.marina, gm.marina_step, up, p=coin, gradient=gradient)
        for kind, r in (("nice", 3), ("uniform", 5)):
            if kind == "nice" and gradient == "nice:1":
                continue  # no coin of five is 1
            yield Case("pp-marina", "--participation %s:%d" % (kind, r), lambda p, r=r: gm.pp_marina(p, r),
                       lambda c, p, r=r, again=kind == "uniform": gm.pp_marina_step(c, p, r, again), up,
                       p=r / CLIENTS * coin, draws=r, gradient=gradient)
    yield Case("vr-diana:p=0.5", "", lambda p: gm.vr_diana(p, False), gm.vr_diana_nonconvex, "permk",
               rule="theory-nonconvex", gradient="nice:3", p=0.5)


def ef21_cases():
    """EF21 and EF21-W, with and without those who are away."""
    who = (("", 1.0, CLIENTS), ("--participation nice:2", 2.0 / CLIENTS, 2),
           ("--participation nice:50%", 0.5, 3), ("--participation bernoulli:0.6", 0.6, None))
    for method in ("ef21", "ef21-w"):
        for number, (options, prob, draws) in enumerate(who):
            for init in ("compressed", "exact", "zero"):
                up = "randk:k=4" if init == "compressed" and number % 2 else "topk:k=2"
                rule = {"compressed": "theory", "exact": "theory-old", "zero": "theory-coin"}[init]
                rule = "theory" if method == "ef21-w" and rule == "theory-old" else rule
                formula = {"theory": gm.ef21_step, "theory-old": gm.ef21_old, "theory-coin": gm.ef21_coin}[rule]
                yield Case(method, ("%s --init %s" % (options, init)).strip(),
                           lambda p, init=init, weighted=method == "ef21-w": gm.ef21(p, init, weighted),
                           lambda c, p, prob=prob, formula=formula: formula(c, p, prob), up, rule=rule, draws=draws)


def measured_cases():
    for up in ("topk:k=1", "topk:k=4", "randk:k=3"):
        yield Case("ef21:measured-c=1", "", gm.ef21_measured, gm.ef21_old, up, rule="theory-old")


def cohort_cases():
    """Methods for which cohorts are drawn."""
    s, up = 2, "randk:k=3"
    for kind, r in (("nice", 2), ("uniform", 4)):
        for method, p in (("pp-marina:p=0.4", 0.4), ("pp-marina", r / CLIENTS / 3.0)):
            yield Case(method, "--participation %s:%d" % (kind, r), lambda p, r=r: gm.pp_marina(p, r),
                       lambda c, p, r=r, again=kind == "uniform": gm.pp_marina_step(c, p, r, again), up, p=p, draws=r)
    rules = {"theory-convex": gm.cofig_convex, "theory-nonconvex": gm.cofig_nonconvex, "theory-code": gm.cofig_code}
    for method in ("cofig", "cofig:independent=1"):
        for rule, exact in (("theory", False), ("theory-convex", True), ("theory-nonconvex", False),
                            ("theory-code", True)):
            yield Case(method, "--participation nice:2" + (" --init exact" if exact else ""),
                       lambda p, exact=exact: gm.cofig(p, s, exact),
                       lambda c, p, rule=rule: rules.get(rule, gm.cofig_convex if p.convex else gm.cofig_nonconvex)(
                           c, p, s), up, rule=rule, draws=s)
    yield Case("cofig", "", lambda p: gm.cofig(p, CLIENTS, False), lambda c, p: gm.cofig_code(c, p, CLIENTS), up,
               rule="theory-code")
    for clients, of in ((CLIENTS, 2), (30, 30)):  # where the other terms of the non-convex step are the least
        yield Case("cofig", "--participation nice:%d" % of, lambda p, of=of: gm.cofig(p, of, False),
                   lambda c, p, of=of: gm.cofig_nonconvex(c, p, of), "randk:k=8", rule="theory-nonconvex",
                   clients=clients, draws=of)
    yield Case("cofig", "--participation nice:1", lambda p: gm.cofig(p, 1, False),
               lambda c, p: gm.cofig_code(c, p, 1), "randk:k=1", rule="theory-code", clients=400, draws=1)
    for kind, prob, both in (("nice:2", 1.0 / 3.0, 1.0 / 15.0), ("nice:5", 5.0 / 6.0, 2.0 / 3.0), ("nice:6", 1.0, 1.0),
                             ("bernoulli:0.4", 0.4, 0.16)):
        yield Case("dasha", "--participation " + kind, lambda p, prob=prob: gm.dasha_pp(p, prob),
                   lambda c, p, prob=prob, both=both: gm.dasha_pp_step(c, p, prob, both), up,
                   draws=int(kind[-1]) if kind[0] == "n" else None)
    for method in ("frecon", "frecon:newest=1"):
        yield Case(method, "--participation nice:2", lambda p, newest="=" in method: gm.frecon(p, s, newest),
                   lambda c, p: gm.frecon_step(c, p, s), up, draws=s)
        yield Case(method, "", lambda p, newest="=" in method: gm.frecon(p, CLIENTS, newest),
                   lambda c, p: gm.frecon_step(c, p, CLIENTS), up)


# kind, TAU, draws of a round (None: any)
SAMPLINGS = (("nice", 2, 2), ("uniform", 4, 4), ("importance", 3, 3), ("bernoulli", 2.4, None), ("weighted", 1, None),
             ("extended-nice", 3, 3))


def argument_of(kind, tau):
    return "%.17g" % (tau / CLIENTS) if kind == "bernoulli" else "%g" % tau


def dcgd_cases():
    """DCGD with every sampling of clients."""
    for kind, tau, draws in SAMPLINGS:
        for up in ("randk:k=3", "permk"):
            yield Case("dcgd", "--participation %s:%s" % (kind, argument_of(kind, tau)),
                       lambda p, kind=kind, tau=tau: gm.dcgd_sampled(p, kind, tau),
                       lambda c, p, kind=kind, tau=tau, up=up: gm.dcgd_step(c, p, kind, tau, up == "permk"), up,
                       draws=draws, repeats=None if kind in ("importance", "extended-nice") else kind == "uniform")


def page_cases():
    """PAGE with every sampling of clients."""
    for kind, tau, draws in SAMPLINGS:
        argument = argument_of(kind, tau)
        for rule, formula in (("theory", gm.page_step), ("vanilla", gm.page_vanilla)):
            yield Case("page", "--participation %s:%s" % (kind, argument),
                       lambda p, kind=kind, tau=tau: gm.page(p, kind, tau),
                       lambda c, p, kind=kind, tau=tau, formula=formula: formula(c, p, kind, tau), rule=rule,
                       p=tau / (tau + CLIENTS), draws=draws, repeats=None if kind in ("importance", "extended-nice") else
                       kind == "uniform")


def few_cases():
    """For objectives whose rows or models are of another shape: of each kind of method one."""
    yield Case("gd", "", gm.gd, gm.gd_step)
    yield Case("marina", "", gm.marina, gm.marina_step, "randk:k=3", p=1.0 / 3.0)
    yield Case("ef21", "--participation nice:2 --init compressed", lambda p: gm.ef21(p, "compressed", False),
               lambda c, p: gm.ef21_step(c, p, 2.0 / CLIENTS), "topk:k=2", draws=2)


def main():
    many = (list(plain_cases(9)) + list(estimate_cases(7)) + list(ef21_cases()) + list(measured_cases()) +
            list(cohort_cases()) + list(dcgd_cases()) + list(page_cases()))
    problems = [(LeastSquares, "--data synth:lvar,kappa=1,d=9,m=7", many),
                (Logistic, "--data synth:logistic,d=9,m=7 --regularizer noncvx:0.1", many),
                (Tridiagonal, "--data synth:tridiagonal,d=9,m=3,s=0.5", list(few_cases()) + list(page_cases())),
                (Tridiagonal, "--data synth:tridiagonal,d=9,m=1,s=3,family=lipt_different", list(few_cases())),
                (Softmax, "--data synth:softmax,d=3,m=8,classes=3 --regularizer l2:0.05", list(few_cases()))]
    count = 0
    failed = 0
    for kind, data, cases in problems:
        for case in cases:
            faults = compare(sys.argv[1], kind, data, case)
            count += 1
            failed += bool(faults)
            for fault in faults:
                print("# %s" % fault)
            print("%sok %d - five rounds as in the paper, on %s: %s"
                  % ("not " if faults else "", count, kind.__name__, case.text()))
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
