"""PyTorch's side of the round trip: trip.py make JOBS, trip.py take JOBS. JOBS is a list of {model, classes, images, shape, weights, logits,
back}: raw float32 images of a shape, and files.

make: a module with weights as after training, its state dict to `weights`, its logits to `logits`.
take: `back`, a state dict that Retort wrote, read by torch.load and taken strictly by the module's class: exactly the same logits."""
import json
import math
import sys

import numpy
import torch
from torch import nn

import zoo

torch.set_num_threads(1)


def images_of(job):
    return torch.from_numpy(numpy.fromfile(job["images"], numpy.float32)).reshape(job["shape"])


def logits_of(module, job):
    with torch.no_grad():
        return module.eval()(images_of(job))


def train(module, job):
    """Norms that know the images and change what they see, residual branches smaller than what they add to (random ones multiply rounding, layer
    by layer, until PyTorch differs from itself in another memory order), and logits of up to about 3."""
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.momentum = None
            norm.weight.uniform_(0.8, 1.2)
            norm.bias.uniform_(-0.2, 0.2)
        for block in module.modules():
            if hasattr(block, "bn2") and (hasattr(block, "downsample") or hasattr(block, "shortcut")):
                getattr(block, "bn3", block.bn2).weight.mul_(0.1)
        if norms:
            module.train()(images_of(job))
        for norm in norms:
            norm.running_var.mul_(1.1).add_(1e-3)
        last = [part for part in module.modules() if isinstance(part, nn.Linear)][-1]
        last.weight.mul_(3 / logits_of(module, job).abs().max())
        last.bias.uniform_(-1, 1)


def make(job):
    torch.manual_seed(3)
    module = zoo.make(job["model"], job["classes"])
    train(module, job)
    torch.save(module.state_dict(), job["weights"])
    logits_of(module, job).numpy().tofile(job["logits"])


def take(job):
    state = torch.load(job["back"], weights_only=True)
    module = zoo.make(job["model"], job["classes"])
    module.load_state_dict(state, strict=True)
    logits = torch.from_numpy(numpy.fromfile(job["logits"], numpy.float32)).reshape(-1, job["classes"])
    own = torch.load(job["weights"])
    same = list(state) == list(own) and all(a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b) for a, b in zip(state.values(), own.values()))
    assert same and math.isfinite(logits.sum()) and torch.equal(logits_of(module, job), logits), job["model"]


for job in json.load(open(sys.argv[2])):
    {"make": make, "take": take}[sys.argv[1]](job)
