"""The problems of golden.py, from the rows that the program wrote, and their constants by dense matrices."""

import numpy as np

from golden_sampling import sampling


class Problem:
    """Rows and labels by client, the step, what was drawn, and what the program computed."""

    mu = 0.0  # of a regularizer that makes convex losses strongly convex

    def __init__(self, text):
        rows, self.models, self.values = {}, [], []
        self.cohorts, self.coins, self.masks, self.drawn = {}, {}, {}, {}
        self.orders, self.draws, self.local = {}, {}, {}
        for line in text.splitlines():
            words = line.split()
            numbers = np.array([float(word) for word in words[1:]])
            if words[0] == "row":
                rows.setdefault(int(words[1]), []).append(numbers[1:])
            elif words[0] == "gamma":
                self.gamma = numbers[0]
            elif words[0] == "eta":
                self.eta = numbers[0]
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
            elif words[0] == "order":
                self.orders[int(words[1]), int(words[2])] = [int(word) for word in words[3:]]
            elif words[0] == "draw":
                self.draws[int(words[1]), int(words[2])] = numbers[2]
            elif words[0] == "local":
                self.local[tuple(int(word) for word in words[1:4])] = [int(word) for word in words[4:]]
            elif words[0] == "mask":
                self.masks[tuple(int(word) for word in words[1:4])] = numbers[3:]
        self.clients = [np.array(rows[i]) for i in sorted(rows)]
        self.labels = [client[:, 0] for client in self.clients]
        self.features = [client[:, 1:] for client in self.clients]
        self.n, self.d = len(self.clients), self.features[0].shape[1]
        self.step = self.gamma

    def gradient(self, i, x):
        return self.rows_gradient(i, range(len(self.labels[i])), x) + self.smooth(i, x)

    def estimate(self, t, i, x):
        """From the rows that client i draws in round t; of all of them where none are drawn in a run."""
        if (t, i) not in self.drawn:
            return self.gradient(i, x)
        return self.sampled(i, self.drawn[t, i], x)

    def sampled(self, i, rows, x):
        parts = [self.factors[i][row] * self.rows_gradient(i, [row], x) for row in rows]
        return sum(parts, np.zeros(self.d)) + self.smooth(i, x)

    def batch(self, i, j, count, x):
        """Minibatch j of count: rows floor(j m/count) to floor((j+1) m/count), their sum times count/m."""
        m = len(self.labels[i])
        rows = range(j * m // count, (j + 1) * m // count)
        return len(rows) * count / m * self.rows_gradient(i, rows, x) + self.smooth(i, x)

    def smooth(self, i, x):
        return np.zeros_like(x)

    def row_hessians(self, i):
        """Of single rows, or what bounds them."""
        return [self.curvature * np.outer(a, a) for a in self.features[i]]


class LeastSquares(Problem):
    curvature, plus, convex, quadratic = 2.0, 0.0, True, True

    def loss(self, i, x):
        return np.mean((self.features[i] @ x - self.labels[i]) ** 2)

    def rows_gradient(self, i, rows, x):
        a, b = self.features[i][list(rows)], self.labels[i][list(rows)]
        return 2.0 / len(b) * a.T @ (a @ x - b)


class OwnFeatures(LeastSquares):
    """With lambda sum x_j^2/(1 + x_j^2) over the features of the client."""

    weight = 0.7
    plus, convex, quadratic = 0.0, False, False

    def own(self, i):
        return np.any(self.features[i] != 0.0, axis=0)

    def row_hessians(self, i):
        """With 2 lambda, the most that the regularizer bends, on the client's features."""
        return [h + 2.0 * self.weight * np.diag(self.own(i)) for h in super().row_hessians(i)]

    def loss(self, i, x):
        return super().loss(i, x) + self.weight * np.sum(self.own(i) * x**2 / (1.0 + x**2))

    def smooth(self, i, x):
        return self.own(i) * self.weight * 2.0 * x / (1.0 + x**2) ** 2


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

    def smooth(self, i, x):
        return self.weight * 2.0 * x / (1.0 + x**2) ** 2


class SigmoidSquared(Problem):
    """(1 - sigmoid(b a.x))^2, its second derivative rounded up in the seventh place; with (lambda/2)|x|^2."""

    weight = 0.05
    curvature, plus, convex, quadratic = 0.1540586, 0.05, False, False

    def loss(self, i, x):
        wrong = 1.0 / (1.0 + np.exp(self.labels[i] * (self.features[i] @ x)))
        return np.mean(wrong**2) + self.weight / 2.0 * (x @ x)

    def rows_gradient(self, i, rows, x):
        a, b = self.features[i][list(rows)], self.labels[i][list(rows)]
        wrong = 1.0 / (1.0 + np.exp(b * (a @ x)))
        return a.T @ (-2.0 * b * wrong**2 * (1.0 - wrong)) / len(b)

    def smooth(self, i, x):
        return self.weight * x


class Tridiagonal(Problem):
    """f_i = mean of (s/2) x^T T x + (t/2)|x|^2 - b x_1, all f_i as a dense matrix."""

    plus, convex, quadratic = 0.0, False, True

    def row_hessians(self, i):
        second = 2.0 * np.eye(self.d) - np.eye(self.d, k=1) - np.eye(self.d, k=-1)
        return [s * second + t * np.eye(self.d) for s, t in self.features[i][:, :2]]

    def loss(self, i, x):
        return x @ np.mean(self.row_hessians(i), axis=0) @ x / 2.0 - np.mean(self.labels[i]) * x[0]

    def rows_gradient(self, i, rows, x):
        h = np.mean([self.row_hessians(i)[row] for row in rows], axis=0)
        return h @ x - np.mean(self.labels[i][list(rows)]) * np.eye(self.d)[0]


class Softmax(Problem):
    """K = 3 classes of 3 features, x as a matrix (K, features); with (lambda/2)|x|^2."""

    classes, weight, mu = 3, 0.05, 0.05
    plus, convex, quadratic = 0.05, True, False

    def own(self, i):
        return self.features[i][:, :self.d // self.classes]

    def loss(self, i, x):
        z = self.own(i) @ x.reshape(self.classes, -1).T
        chosen = z[np.arange(len(z)), self.labels[i].astype(int)]
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - chosen) + self.weight / 2.0 * (x @ x)

    def rows_gradient(self, i, rows, x):
        a, b = self.own(i)[list(rows)], self.labels[i][list(rows)].astype(int)
        e = np.exp(a @ x.reshape(self.classes, -1).T)
        p = e / np.sum(e, axis=1, keepdims=True)
        p[np.arange(len(p)), b] -= 1.0
        return (p.T @ a / len(a)).ravel()

    def smooth(self, i, x):
        return self.weight * x

    def row_hessians(self, i):
        center = (np.eye(self.classes) - 1.0 / self.classes) / 2.0
        return [np.kron(center, np.outer(a, a)) for a in self.own(i)]


def largest(h):
    return np.max(np.abs(np.linalg.eigvalsh(h)))


def heaviest(m, count):
    """The most that Problem.batch multiplies the mean of a minibatch's rows with."""
    return max(((j + 1) * m // count - j * m // count) * count / m for j in range(count))


class Constants:
    """Of the problem, of its features, and of the estimates "kind:TAU" of gradients."""

    def __init__(self, p, gradient, batches):
        rows = [p.row_hessians(i) for i in range(p.n)]
        self.hessians = [np.mean(h, axis=0) for h in rows]
        self.L_i = np.array([largest(h) for h in self.hessians]) + p.plus
        self.L = largest(sum(self.hessians) / p.n) + p.plus
        self.L_mean, self.L_rms, self.L_max = np.mean(self.L_i), np.sqrt(np.mean(self.L_i**2)), np.max(self.L_i)
        self.L_row = max(heaviest(len(h), batches) * largest(one) for h in rows for one in h) + p.plus
        self.n = p.n
        self.rows_variance = self.rows_spread = self.V_i = self.vanilla_V_i = 0.0
        self.features(p)
        kind, _, size = gradient.partition(":")
        if kind == "minibatch":
            batches = -(-len(rows[0]) // int(size.split(",")[0]))
            p.factors = [np.full(len(h), batches / len(h)) for h in rows]  # an epoch's mean is the gradient
        elif kind != "full":
            self.rows(p, kind, int(size), rows)

    def features(self, p):
        """arXiv:2305.15264: who has feature j; sqrt of the largest mean over I_j of L_i^2 where L_+ is not exact."""
        have = np.array([np.any(a != 0.0, axis=0) for a in p.features], dtype=float)
        self.c, self.r = np.max(np.sum(have, axis=0)), np.max(np.sum(have, axis=1))
        self.L_rf = np.max(have.T @ self.L_i) / p.n
        self.L_plus = np.sqrt(largest(sum(h @ h for h in self.hessians) / p.n))
        if not p.quadratic:
            self.L_plus = min(self.L_rms, np.sqrt(np.max(have.T @ self.L_i**2) / p.n))

    def rows(self, p, kind, tau, rows):
        """Of TAU rows' estimates, arXiv:2206.02275; B_i is left out where Hessians are bounds."""
        p.factors, self.V_i, self.vanilla_V_i, most = [], [], [], 0.0
        self.fraction = tau / len(rows[0])
        for own, h in zip(rows, self.hessians):
            m, L = len(own), np.array([largest(one) for one in own])
            factor, a, b, w = sampling({"independent": "bernoulli"}.get(kind, kind), m, tau, L)
            noise = a / (m * w)
            plus = sum(noise[j] / m * own[j] @ own[j] for j in range(m)) - (b if p.quadratic else 0.0) * h @ h
            self.V_i.append(max(0.0, np.linalg.eigvalsh(plus)[-1]) if a > 0.0 else 0.0)
            self.vanilla_V_i.append(largest(np.mean([one @ one for one in own], axis=0)) / tau)  # A_i = 1/tau, B_i = 0
            most = max(most, np.max(noise * L))
            p.factors.append(factor)
        self.V_i, self.vanilla_V_i = np.array(self.V_i), np.array(self.vanilla_V_i)
        self.rows_variance, self.rows_spread = np.mean(self.V_i), most
