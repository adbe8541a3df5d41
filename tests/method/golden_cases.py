"""The runs that golden.py compares: options, the listing and the step that they are to equal."""

import numpy as np

import golden_l2gd as gl
import golden_methods as gm
import golden_sampled as gs

CLIENTS = 6


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
        self.batches = int(method.partition("batches=")[2].split(",")[0] or 1)
        self.draws = more.get("draws", self.clients)  # multiplicities of a round; None: any
        self.repeats = more.get("repeats", "uniform" in options)  # None: perhaps
        self.gradient = more.get("gradient", "full")
        self.seed = more.get("seed", 2)
        self.server_step = more.get("server_step")  # None: it has none
        self.contractive = method.split(":")[0] in ("ef14", "ef21", "ef21-w", "ef21-bc", "ef21-p", "ef21-sgdm")

    def text(self):
        words = ["--method", self.method, "--step", self.rule, self.options]
        words += ["--compressor", self.up] if self.up else []
        words += ["--gradient", self.gradient] if self.gradient != "full" else []
        words += ["--compressor-down", self.down] if self.down else []
        return " ".join(word for word in words if word)

    def equip(self, p, constants):
        """What the listings read."""
        up = Coder(p, self.up, self.contractive) if self.up else None
        coders = [up, Coder(p, self.down, self.contractive) if self.down else up]
        p.C = lambda t, i, v, channel=0: coders[channel](t, channel, i, v)
        p.who, p.coin, p.p = lambda t: p.cohorts.get(t, []), lambda t: p.coins[t], self.p
        p.smoothness, p.constants = constants.L_i, constants
        p.compresses = up is not None
        if up:
            p.omega, p.alpha, p.alpha_down = up.omega, up.alpha, coders[1].alpha
            p.omega_down = coders[1].omega
            p.mean_omega = 1.0 if up.kind == "permk" else up.omega / p.n


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
    for k, seed in ((6, 2), (8, 3)):  # omega < 1
        yield Case("marina", "", gm.marina, gm.marina_step, "randk:k=%d" % k, p=k / d, seed=seed)
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
    for gradient in BATCHES + ("nice:3", "weighted:1", "extended-nice:2"):
        yield from plain_estimates(gradient)


# of 7 rows: 3 and 4; 4 and 3; 5 and 2
BATCHES = ("minibatch:4", "minibatch:4,order=exhaust", "minibatch:5,order=exhaust", "minibatch:2,order=once")


def plain_estimates(gradient):
    """Methods whose listings have any gradient, at a step that is a number, and EF21-SGD at its own."""
    number = {"rule": "0.0625", "gradient": gradient}
    sixteenth = lambda c, p: 0.0625
    yield Case("gd", "", gm.gd, sixteenth, **number)
    yield Case("dcgd", "", gm.dcgd, sixteenth, "randk:k=3", **number)
    yield Case("diana", "", lambda p: gm.diana(p, False), sixteenth, "randk:k=3", **number)
    yield Case("ef14", "", gm.ef14, sixteenth, "topk:k=2", **number)
    yield Case("ef21-bc", "", lambda p: gm.ef21_bc(p, False), sixteenth, "topk:k=4", "topk:k=3", **number)
    yield Case("ef21-p", "", lambda p: gm.ef21_p(p, False), sixteenth, "topk:k=4", "topk:k=3", **number)
    yield Case("ef21-sgdm:eta=0.4", "", lambda p: gm.ef21_sgdm(p, 0.4, False), sixteenth, "topk:k=3", **number)
    yield Case("cofig", "--participation nice:2", lambda p: gm.cofig(p, 2, False), sixteenth, "randk:k=3", draws=2, **number)
    yield Case("marina:p=0.5", "", gm.marina, sixteenth, "randk:k=3", p=0.5, **number)
    yield Case("page:p=0.5", "--participation nice:2", lambda p: gs.page(p, "nice", 2), sixteenth, p=0.5, draws=2, **number)
    for method in ("ef21", "ef21-w"):
        for init, up in (("compressed", "topk:k=2"), ("exact", "randk:k=4"), ("zero", "topk:k=5")):
            yield Case(method, "--init " + init, lambda p, init=init, weighted=method == "ef21-w": gm.ef21(p, init, weighted),
                       gm.ef21_sgd, up, rule="theory-sgd", gradient=gradient)


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
        yield Case(method, "--participation nice:2 --init zero",
                   lambda p, newest="=" in method: gm.frecon(p, s, newest, False),
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
                       lambda p, kind=kind, tau=tau: gs.dcgd_sampled(p, kind, tau),
                       lambda c, p, kind=kind, tau=tau, up=up: gs.dcgd_step(c, p, kind, tau, up == "permk"), up,
                       draws=draws, repeats=None if kind in ("importance", "extended-nice") else kind == "uniform")


def page_case(kind, tau, draws, rule, gradient="full", part=1.0):
    """A coin that would not fall in five rounds is given."""
    coin = gs.page_coin(CLIENTS, tau, part)
    given = coin < 0.1 or False
    formula = {"theory": gs.page_step, "vanilla": gs.page_vanilla}[rule]
    everybody = "" if tau == CLIENTS else "--participation %s:%s" % (kind, argument_of(kind, tau))
    return Case("page:p=0.4" if given else "page", everybody, lambda p: gs.page(p, kind, tau),
                lambda c, p: formula(c, p, kind, tau), rule=rule, p=0.4 if given else coin, draws=draws, gradient=gradient,
                repeats=None if kind in ("importance", "extended-nice") else kind == "uniform")


def page_cases():
    """PAGE with every sampling of clients."""
    for sampling in SAMPLINGS:
        for rule in ("theory", "vanilla"):
            yield page_case(*sampling, rule)


def page_of_rows(m, gradients):
    """PAGE of two levels: every sampling of clients with one of rows in turn, and everybody with each."""
    for number, sampling in enumerate(SAMPLINGS):
        for more in (0, 1):
            gradient = gradients[(number + 3 * more) % len(gradients)]
            for rule in ("theory", "vanilla"):
                yield page_case(*sampling, rule, gradient, int(gradient[-1]) / m)
    for gradient in gradients:
        for rule in ("theory", "vanilla"):
            yield page_case("nice", CLIENTS, CLIENTS, rule, gradient, int(gradient[-1]) / m)


def rare_cases(d, quadratic):
    """Steps of EF21 where features are rare; K above r too."""
    rules = (("theory-rf", gm.ef21_rf), ("theory-lrf", gm.ef21_lrf), ("theory-old-r", gm.ef21_old_r))
    for up in ("topk:k=1", "topk:k=2", "topk:k=%d" % (d - 1)):
        for rule, formula in rules:
            yield Case("ef21", "", lambda p: gm.ef21(p, "compressed", False), formula, up, rule=rule)
        yield Case("ef21-w", "", lambda p: gm.ef21(p, "compressed", True), gm.ef21_lrf, up, rule="theory-lrf")
        for rule, formula in rules[:2]:
            yield Case("ef21:by-d=1", "", lambda p: gm.ef21(p, "compressed", False),
                       lambda c, p, formula=formula: formula(c, p, True), up, rule=rule)
    if quadratic:
        yield Case("ef21", "--init zero", lambda p: gm.ef21(p, "zero", False), gm.ef21_rf, "topk:k=1", rule="theory-rf")


SEEDS = (8, 37, 9, 30)  # coins 10110, 01011, 10110, 00110 at p = 0.5, and the first at 0.6


def l2gd_case(lam, coin, rule, formula, up, down, **more):
    return Case("l2gd:lambda=%g" % lam, "--p %g --x0 normal" % coin, lambda p: gl.l2gd(p, lam), lambda c, p: formula(c, p, lam), up, down,
                rule=rule, p=coin, **more)


def l2gd_cases():
    """Seeds whose five coins bring all that a round can be: 0, 0 to 1, 1 to 1."""
    for number, (up, down) in enumerate((("randk:k=4", "randk:k=6"), ("permk", "randk:k=5"), ("topk:k=4", "topk:k=3"),
                                         ("randk:k=3", "topk:k=5"))):
        rule, formula = (("theory-uncompressed", gl.l2gd_uncompressed), ("base", gl.l2gd_base))[number % 2]
        yield l2gd_case((0.1, 40.0)[number // 2], 0.5, rule, formula, up, down, seed=SEEDS[number])
    yield l2gd_case(3.0, 0.6, "0.0625", lambda c, p, lam: 0.0625, "randk:k=4", "", seed=SEEDS[0], gradient="uniform:2")


def l2gd_strong(mu):
    """The safe step, which divides by mu."""
    for up, down in (("randk:k=4", "randk:k=6"), ("permk", ""), ("randk:k=2", "")):
        yield l2gd_case(2.0, 0.5, "theory", lambda c, p, lam: gl.l2gd_safe(c, p, lam, mu), up, down, seed=SEEDS[0])


def few_cases():
    """For objectives whose rows or models are of another shape: of each kind of method one."""
    yield Case("gd", "", gm.gd, gm.gd_step)
    yield Case("marina", "", gm.marina, gm.marina_step, "randk:k=3", p=1.0 / 3.0)
    yield Case("ef21", "--participation nice:2 --init compressed", lambda p: gm.ef21(p, "compressed", False),
               lambda c, p: gm.ef21_step(c, p, 2.0 / CLIENTS), "topk:k=2", draws=2)
