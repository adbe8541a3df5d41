"""golden.py WRITER: five rounds of each method against the listings of the papers, transcribed with NumPy.

gd: x <- x - gamma grad f(x). EF21 and EF21-W: Algorithms 1 and 2 of arXiv:2402.10774v1.
"""

import subprocess
import sys

TOLERANCE = 1e-12
ROUNDS = 5

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP NumPy is not installed")
    sys.exit(0)


class Problem:
    """Rows and labels by client, the step, and what the program computed."""

    def __init__(self, text):
        rows, self.models, self.values = {}, [], []
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
        self.clients = [np.array(rows[i]) for i in sorted(rows)]
        self.labels = [client[:, 0] for client in self.clients]
        self.features = [client[:, 1:] for client in self.clients]
        self.n, self.d = len(self.clients), self.features[0].shape[1]


class LeastSquares(Problem):
    curvature, plus = 2.0, 0.0

    def loss(self, i, x):
        return np.mean((self.features[i] @ x - self.labels[i]) ** 2)

    def gradient(self, i, x):
        a, b = self.features[i], self.labels[i]
        return 2.0 / len(b) * a.T @ (a @ x - b)


class Logistic(Problem):
    """With lambda sum x^2/(1 + x^2)."""

    weight = 0.1
    curvature, plus = 0.25, 0.2

    def loss(self, i, x):
        z = -self.labels[i] * (self.features[i] @ x)
        return np.mean(np.logaddexp(0.0, z)) + self.weight * np.sum(x**2 / (1.0 + x**2))

    def gradient(self, i, x):
        a, b = self.features[i], self.labels[i]
        slope = -b / (1.0 + np.exp(b * (a @ x)))
        return a.T @ slope / len(b) + self.weight * 2.0 * x / (1.0 + x**2) ** 2


def smoothness(p):
    hessians = [p.curvature / len(a) * a.T @ a for a in p.features]
    own = np.array([np.linalg.eigvalsh(h)[-1] for h in hessians]) + p.plus
    return np.linalg.eigvalsh(sum(hessians) / p.n)[-1] + p.plus, own


def top(v, k):
    """The k entries of largest magnitude; the lowest index wins a tie."""
    out = np.zeros_like(v)
    for j in sorted(range(len(v)), key=lambda j: (-abs(v[j]), j))[:k]:
        out[j] = v[j]
    return out


def xi(alpha):
    return np.sqrt(1.0 - alpha) / (1.0 - np.sqrt(1.0 - alpha))


def gd(p, gamma):
    x = np.zeros(p.d)
    yield x
    for _ in range(ROUNDS):
        x = x - gamma * sum(p.gradient(i, x) for i in range(p.n)) / p.n
        yield x


def ef21(p, gamma, k, exact, weights):
    """weights: w_i of Algorithm 2; 1/n gives Algorithm 1."""
    x = np.zeros(p.d)
    target = [p.gradient(i, x) / (p.n * weights[i]) for i in range(p.n)]
    g = [target[i] if exact else top(target[i], k) for i in range(p.n)]
    total = sum(weights[i] * g[i] for i in range(p.n))
    yield x
    for _ in range(ROUNDS):
        x = x - gamma * total
        for i in range(p.n):
            u = top(p.gradient(i, x) / (p.n * weights[i]) - g[i], k)
            g[i] = g[i] + u
            total = total + weights[i] * u
        yield x


def transcribe(p, method, k, exact, rule):
    """The models, and the step by its formula."""
    whole, own = smoothness(p)
    if method == "gd":
        return list(gd(p, p.gamma)), 1.0 / whole
    size = np.sqrt(np.mean(own**2)) if rule == "theory-old" else np.mean(own)
    step = 1.0 / (whole + size * xi(k / p.d))
    weights = own / np.sum(own) if method == "ef21-w" else np.full(p.n, 1.0 / p.n)
    return list(ef21(p, p.gamma, k, exact, weights)), step


def compare(writer, kind, data, method, k, exact, rule):
    options = "%s --clients 6 --rounds %d --method %s --step %s" % (data, ROUNDS, method, rule)
    if method != "gd":
        options += " --compressor topk:k=%d --init %s" % (k, "exact" if exact else "compressed")
    done = subprocess.run([writer, options], text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return ["%s: %s" % (options, done.stdout)]
    p = kind(done.stdout)
    models, step = transcribe(p, method, k, exact, rule)
    faults = []
    if abs(p.gamma / step - 1.0) > 1e-8:
        faults.append("step %r, by its formula %r" % (p.gamma, step))
    for t, (ours, theirs) in enumerate(zip(p.models, models)):
        if np.linalg.norm(ours - theirs) > TOLERANCE * np.linalg.norm(theirs):
            faults.append("x^%d differs by %.1e" % (t, np.linalg.norm(ours - theirs)))
    for t, (loss, norm) in enumerate(p.values):
        f = sum(p.loss(i, models[t]) for i in range(p.n)) / p.n
        g = sum(p.gradient(i, models[t]) for i in range(p.n)) / p.n
        if abs(loss - f) > TOLERANCE * abs(f) or abs(norm - g @ g) > 10 * TOLERANCE * (g @ g):
            faults.append("row %d: f %r and |grad f|^2 %r, not %r and %r" % (t, loss, norm, f, g @ g))
    if len(p.models) != ROUNDS + 1 or len(p.values) != ROUNDS + 1 or not np.any(p.models[-1]):
        faults.append("%d models, %d rows" % (len(p.models), len(p.values)))
    return faults


def main():
    problems = [(LeastSquares, "--data synth:lvar,kappa=1,d=9,m=7"),
                (Logistic, "--data synth:logistic,d=9,m=7 --regularizer noncvx:0.1")]
    runs = [("gd", 9, False, "theory"), ("ef21", 2, False, "theory"), ("ef21", 2, True, "theory-old"),
            ("ef21", 4, True, "theory"), ("ef21-w", 2, False, "theory"), ("ef21-w", 3, True, "theory")]
    count = 0
    failed = 0
    for kind, data in problems:
        for method, k, exact, rule in runs:
            faults = compare(sys.argv[1], kind, data, method, k, exact, rule)
            count += 1
            failed += bool(faults)
            for fault in faults:
                print("# %s" % fault)
            print("%sok %d - %s, top %d, %s start, %s: five rounds as in the paper, on %s"
                  % ("not " if faults else "", count, method, k, "exact" if exact else "compressed", rule,
                     kind.__name__))
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
