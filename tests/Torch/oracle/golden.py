"""Makes tests/Torch/Golden/*.json with PyTorch (Debian: apt-get install python3-torch), the oracle of the tests in tests/Torch.

Run it by hand when a case is added:  /usr/bin/python3 tests/Torch/oracle/golden.py
Numbers change only on purpose: look at the diff.
"""
import json
import math
import pathlib

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Golden"
TYPES = {torch.float32: "Float32", torch.int64: "Int64"}


def plain(t):
    t = t.detach()
    numbers = [float(f"{x:.8g}") for x in t.flatten().tolist()] if t.is_floating_point() else t.flatten().tolist()
    return {"type": TYPES[t.dtype], "shape": list(t.shape), "data": numbers}


def write(name, cases):
    text = "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in cases.items()) + "\n}\n"
    assert len(text) < 100_000, (name, len(text))
    (FOLDER / name).write_text(text)


# ---- layers: forward, backward, buffers afterwards ---------------------------------------------------------------------
def layer_case(module, shape, training=True, integers=None, passes=1):
    torch.manual_seed(20)
    for p in module.parameters():
        nn.init.normal_(p, 0.1, 0.7)
    for name, b in module.named_buffers():
        if b.is_floating_point():
            b.copy_(torch.rand_like(b) + 0.5)
    module.train(training)
    case = {"training": training, "passes": passes, "state": {k: plain(v) for k, v in module.state_dict().items()}}
    if integers is None:
        x = torch.randn(shape, requires_grad=True)
    else:
        x = torch.randint(0, integers, shape)
    for _ in range(passes):
        y = module(x)
    cotangent = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).float().view(y.shape)
    (y * cotangent).sum().backward()
    case |= {
        "input": plain(x), "output": plain(y),
        "inputGradient": plain(x.grad) if integers is None else None,
        "gradients": {k: plain(p.grad) for k, p in module.named_parameters()},
        "buffersAfter": {k: plain(v) for k, v in module.named_buffers()},
    }
    return case


IMAGE = (2, 4, 3, 5)
write("layers-convolution.json", {
    "Linear": layer_case(nn.Linear(5, 3), (4, 5)),
    "Linear without bias": layer_case(nn.Linear(5, 3, bias=False), (2, 4, 5)),
    "Conv2d": layer_case(nn.Conv2d(4, 3, 3, padding=1), IMAGE),
    "Conv2d strided": layer_case(nn.Conv2d(4, 3, 3, stride=2, padding=1, bias=False), IMAGE),
    "Conv2d of every option": layer_case(nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2), IMAGE),
    "Conv2d depthwise": layer_case(nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), IMAGE),
    "ConvTranspose2d": layer_case(nn.ConvTranspose2d(4, 3, 3), IMAGE),
    "ConvTranspose2d of every option": layer_case(
        nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), 2, True, (1, 2)), IMAGE),
})
write("layers-norm.json", {
    "BatchNorm2d": layer_case(nn.BatchNorm2d(4), IMAGE),
    "BatchNorm2d in evaluation": layer_case(nn.BatchNorm2d(4), IMAGE, training=False),
    "BatchNorm2d cumulative": layer_case(nn.BatchNorm2d(4, momentum=None), IMAGE, passes=3),
    "BatchNorm2d with other constants": layer_case(nn.BatchNorm2d(4, eps=1e-2, momentum=0.3), IMAGE),
    "BatchNorm2d not affine": layer_case(nn.BatchNorm2d(4, affine=False), IMAGE),
    "BatchNorm2d without statistics": layer_case(nn.BatchNorm2d(4, track_running_stats=False), IMAGE, training=False),
    "BatchNorm1d": layer_case(nn.BatchNorm1d(4), (5, 4)),
    "BatchNorm1d of sequences": layer_case(nn.BatchNorm1d(4), (3, 4, 5)),
    "LayerNorm": layer_case(nn.LayerNorm(5), IMAGE),
    "LayerNorm of two dimensions": layer_case(nn.LayerNorm([3, 5], eps=1e-3), IMAGE),
    "GroupNorm": layer_case(nn.GroupNorm(2, 4), IMAGE),
    "GroupNorm not affine": layer_case(nn.GroupNorm(4, 4, affine=False), IMAGE),
})
write("layers-plain.json", {
    "Embedding": layer_case(nn.Embedding(7, 3), (2, 5), integers=7),
    "Embedding with padding": layer_case(nn.Embedding(4, 3, padding_idx=2), (2, 5), integers=4),
    "ReLU": layer_case(nn.ReLU(), (3, 4)),
    "LeakyReLU": layer_case(nn.LeakyReLU(0.1), (3, 4)),
    "ReLU6": layer_case(nn.Sequential(nn.Linear(4, 4), nn.ReLU6()), (3, 4)),
    "PReLU": layer_case(nn.PReLU(4), (3, 4)),
    "ELU": layer_case(nn.ELU(0.5), (3, 4)),
    "GELU": layer_case(nn.GELU(), (3, 4)),
    "GELU with tanh": layer_case(nn.GELU("tanh"), (3, 4)),
    "SiLU": layer_case(nn.SiLU(), (3, 4)),
    "Hardswish": layer_case(nn.Hardswish(), (3, 4)),
    "Hardsigmoid": layer_case(nn.Hardsigmoid(), (3, 4)),
    "Sigmoid": layer_case(nn.Sigmoid(), (3, 4)),
    "Tanh": layer_case(nn.Tanh(), (3, 4)),
    "Softplus": layer_case(nn.Softplus(2, 1), (3, 4)),
    "MaxPool2d": layer_case(nn.MaxPool2d(2), IMAGE),
    "MaxPool2d of every option": layer_case(nn.MaxPool2d((3, 2), (2, 1), (1, 0), (1, 2), ceil_mode=True), IMAGE),
    "AvgPool2d": layer_case(nn.AvgPool2d(2), IMAGE),
    "AvgPool2d of every option": layer_case(nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), IMAGE),
    "AdaptiveAvgPool2d": layer_case(nn.AdaptiveAvgPool2d((2, 4)), IMAGE),
    "AdaptiveMaxPool2d": layer_case(nn.AdaptiveMaxPool2d(3), IMAGE),
    "Dropout in evaluation": layer_case(nn.Dropout(0.9), (3, 4), training=False),
    "Flatten": layer_case(nn.Flatten(), IMAGE),
    "Identity": layer_case(nn.Identity(), (3, 4)),
    "Sequential": layer_case(
        nn.Sequential(nn.Conv2d(4, 2, 1), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(30, 2)), IMAGE),
})


# ---- initial values from a seed ----------------------------------------------------------------------------------------
def initial(make):
    torch.manual_seed(123)
    return {k: plain(v) for k, v in make().state_dict().items()}


def after(function, shape=(4, 3, 2, 2)):
    torch.manual_seed(123)
    return {"tensor": plain(function(torch.empty(shape)))}


def dropped():
    torch.manual_seed(123)
    return {"tensor": plain(nn.Dropout(0.3)(torch.ones(5, 7)))}


write("initialisation.json", {
    "Linear": initial(lambda: nn.Linear(7, 5)),
    "Linear without bias": initial(lambda: nn.Linear(7, 5, bias=False)),
    "Conv2d": initial(lambda: nn.Conv2d(3, 4, 3)),
    "Conv2d grouped": initial(lambda: nn.Conv2d(6, 4, (3, 1), groups=2)),
    "ConvTranspose2d": initial(lambda: nn.ConvTranspose2d(4, 6, 3, groups=2)),
    "BatchNorm2d": initial(lambda: nn.BatchNorm2d(3)),
    "LayerNorm": initial(lambda: nn.LayerNorm([2, 3])),
    "GroupNorm": initial(lambda: nn.GroupNorm(3, 6)),
    "Embedding": initial(lambda: nn.Embedding(9, 4)),
    "Embedding with padding": initial(lambda: nn.Embedding(5, 2, padding_idx=1)),
    "PReLU": initial(lambda: nn.PReLU()),
    "Sequential": initial(lambda: nn.Sequential(
        nn.Conv2d(3, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU(), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3)))),
    "KaimingNormal_": after(lambda t: nn.init.kaiming_normal_(t, mode="fan_in", nonlinearity="relu")),
    "KaimingNormal_ over fan-out": after(lambda t: nn.init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu")),
    "Normal_": after(lambda t: nn.init.normal_(t, 0.5, 0.01)),
    "TruncatedNormal_": after(lambda t: nn.init.trunc_normal_(t, 0.2, 0.5, -0.1, 0.6)),
    "Dropout": dropped(),
})


# ---- optimisers: ten steps on given gradients --------------------------------------------------------------------------
class RmsPropTf(torch.optim.Optimizer):
    """From the formula: v = 1 at the start, eps inside of the root, the rate inside of the momentum."""

    def __init__(self, params, lr, alpha=0.9, momentum=0.9, eps=1e-3, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, alpha=alpha, momentum=momentum, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                s = self.state[w]
                g = w.grad + group["weight_decay"] * w
                v = s.setdefault("v", torch.ones_like(w))
                u = s.setdefault("u", torch.zeros_like(w))
                v += (1 - group["alpha"]) * (g * g - v)
                u.mul_(group["momentum"]).add_(group["lr"] * g / (v + group["eps"]).sqrt())
                w -= u


def gradients(step):
    generator = torch.Generator().manual_seed(step)
    g = [torch.randn(2, 3, generator=generator), torch.randn(4, generator=generator), torch.randn(2, generator=generator)]
    if step in (0, 4):
        g[1] = None  # a parameter that is left out of a step
    return g


def trajectory(make, grouped=False, rates=None):
    torch.manual_seed(5)
    parameters = [torch.randn(2, 3, requires_grad=True), torch.randn(4, requires_grad=True), torch.randn(2, requires_grad=True)]
    start = [plain(p) for p in parameters]
    groups = [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.03, "weight_decay": 0.0}] if grouped else parameters
    optimizer = make(groups)
    steps = []
    for step in range(10):
        if rates is not None:
            for group in optimizer.param_groups:
                group["lr"] = rates[step]
        for p, g in zip(parameters, gradients(step)):
            p.grad = g
        optimizer.step()
        steps.append([plain(p) for p in parameters])
    return {"start": start, "steps": steps}


def average(decay, warm_up):
    torch.manual_seed(6)
    weights = [torch.randn(3) for _ in range(6)]
    a, results = weights[0].clone(), []
    for n, w in enumerate(weights[1:], 1):
        d = min(decay, (1 + n) / (10 + n)) if warm_up else decay
        a = a * d + w * (1 - d)
        results.append(plain(a))
    return {"weights": [plain(w) for w in weights], "averages": results}


def clipped(limit):
    torch.manual_seed(7)
    parameters = [torch.zeros(3, 2, requires_grad=True), torch.zeros(4, requires_grad=True)]
    for p in parameters:
        p.grad = torch.randn_like(p)
    before = [plain(p.grad) for p in parameters]
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    after_norm = [plain(p.grad) for p in parameters]
    return {"before": before, "norm": float(norm), "after": after_norm}


write("optimizers.json", {
    "gradients": [[None if g is None else plain(g) for g in gradients(step)] for step in range(10)],
    "Sgd": trajectory(lambda p: torch.optim.SGD(p, 0.1)),
    "Sgd with momentum and decay": trajectory(lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=5e-2)),
    "Sgd with dampening": trajectory(lambda p: torch.optim.SGD(p, 0.1, 0.9, dampening=0.4)),
    "Sgd with Nesterov": trajectory(lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=1e-2, nesterov=True)),
    "Sgd with groups": trajectory(lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=1e-2), grouped=True),
    "Sgd with changing rate": trajectory(
        lambda p: torch.optim.SGD(p, 0.1, 0.9), rates=[0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001]),
    "Adam": trajectory(lambda p: torch.optim.Adam(p, 0.05)),
    "Adam with decay": trajectory(lambda p: torch.optim.Adam(p, 0.05, (0.8, 0.95), 1e-4, 0.1)),
    "Adam with amsgrad": trajectory(lambda p: torch.optim.Adam(p, 0.05, amsgrad=True)),
    "AdamW": trajectory(lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.1)),
    "AdamW with groups": trajectory(lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.1), grouped=True),
    "RmsPropTf": trajectory(lambda p: RmsPropTf(p, 0.05)),
    "RmsPropTf with decay": trajectory(lambda p: RmsPropTf(p, 0.05, 0.8, 0.7, 1e-2, 0.1)),
    "RmsPropTf without momentum": trajectory(lambda p: RmsPropTf(p, 0.05, momentum=0.0)),
    "average": average(0.9, False),
    "average with warm-up": average(0.9, True),
    "clipping": clipped(1.5),
    "clipping that changes nothing": clipped(100.0),
})


# ---- schedules: factor at the start of each epoch ----------------------------------------------------------------------
def factors(make, epochs=14):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    scheduler = make(optimizer)
    result = []
    for _ in range(epochs):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


S = torch.optim.lr_scheduler
write("schedules.json", {
    "step": factors(lambda o: S.StepLR(o, 3, 0.5)),
    "multi-step": factors(lambda o: S.MultiStepLR(o, [4, 7, 12], 0.2)),
    "cosine": factors(lambda o: S.CosineAnnealingLR(o, 13, eta_min=0.05)),
    "linear": factors(lambda o: S.LinearLR(o, 0.8, 0.1, 6)),
    "constant": factors(lambda o: S.LambdaLR(o, lambda e: 0.3)),
    "warm-up": factors(lambda o: S.ChainedScheduler([S.LinearLR(o, 0.1, 1.0, 3), S.MultiStepLR(o, [6, 9], 0.1)])),
    "chained": factors(lambda o: S.SequentialLR(
        o, [S.LinearLR(o, 0.25, 1.0, 4), S.StepLR(o, 2, 0.5), S.LambdaLR(o, lambda e: 0.01)], [4, 10])),
})


# ---- losses ------------------------------------------------------------------------------------------------------------
def loss_case(function, first, **inputs):
    x = first.clone().requires_grad_()
    value = function(x)
    value.backward()
    return {"input": plain(first), "loss": float(value), "gradient": plain(x.grad)} | {k: plain(v) for k, v in inputs.items()}


torch.manual_seed(9)
F = nn.functional
logits, other = torch.randn(5, 4) * 2, torch.randn(5, 4)
labels, soft, weight = torch.tensor([0, 3, 1, 1, 2]), torch.softmax(torch.randn(5, 4), 1), torch.tensor([0.5, 1.0, 2.0, 0.3])
dense, dense_labels = torch.randn(2, 3, 2, 2), torch.randint(0, 3, (2, 2, 2))
dense_labels[0, 0, 0] = -100
write("losses.json", {
    "CrossEntropy": loss_case(lambda x: F.cross_entropy(x, labels), logits, target=labels),
    "CrossEntropy smoothed": loss_case(lambda x: F.cross_entropy(x, labels, label_smoothing=0.1), logits, target=labels),
    "CrossEntropy weighted": loss_case(lambda x: F.cross_entropy(x, labels, weight), logits, target=labels, weight=weight),
    "CrossEntropy soft": loss_case(lambda x: F.cross_entropy(x, soft), logits, target=soft),
    "CrossEntropy soft smoothed": loss_case(lambda x: F.cross_entropy(x, soft, label_smoothing=0.2), logits, target=soft),
    "CrossEntropy dense": loss_case(lambda x: F.cross_entropy(x, dense_labels), dense, target=dense_labels),
    "Mse": loss_case(lambda x: F.mse_loss(x, other), logits, target=other),
    "L1": loss_case(lambda x: F.l1_loss(x, other), logits, target=other),
})

assert math.isclose(factors(lambda o: S.MultiStepLR(o, [150], 0.1), 152)[150], 0.1)  # milestone 150: the 151st epoch
