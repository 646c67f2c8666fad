"""Makes the files beside it with PyTorch 1.13 (Debian's python3-torch): /usr/bin/python3 make.py

Small networks for images of 16×16 pixels, scripted and traced; expected.safetensors has the images, and for each network the logits and
what Python's forward hooks see in evaluation mode.
"""
import json
import os
import struct
from typing import NamedTuple

import torch
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.manual_seed(0)
CLASSES = 10


class Block(nn.Module):
    """A residual block whose last operation changes its result in place, and whose own flag decides what it calls."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.has_short = True
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.short = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        if self.has_short:
            return self.relu(self.bn1(self.conv1(x)).add_(self.short(x)))
        else:
            return self.relu(self.conv1(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(Block(3, 4, 1), Block(4, 4, 2))
        self.layer2 = nn.Sequential(Block(4, 6, 2))
        self.act = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(6, CLASSES)
        self.unused = nn.Linear(6, 2)

    def features(self, x):
        # The negation in place behind layer2 must not be seen in its tap.
        return self.avgpool(self.act(self.layer2(self.layer1(x)).mul_(-1).add_(1)))

    def forward(self, x):
        return self.fc(self.drop(torch.flatten(self.features(x), 1)))


class Head(NamedTuple):
    features: torch.Tensor
    logits: torch.Tensor


class Several(nn.Module):
    def __init__(self, net, kind: str):
        super().__init__()
        self.net = net
        self.kind = kind

    def forward(self, x):
        pooled = self.net.features(x)
        return pooled, (pooled, self.net.fc(torch.flatten(pooled, 1)))


class Named(Several):
    def forward(self, x):
        pooled = self.net.features(x)
        return Head(pooled, self.net.fc(torch.flatten(pooled, 1)))


class Keyed(Several):
    def forward(self, x):
        pooled = self.net.features(x)
        return {"features": pooled, "logits": self.net.fc(torch.flatten(pooled, 1))}


class Odd(nn.Module):
    """Modules that cannot be tapped, and one that keeps count as it runs."""

    def __init__(self):
        super().__init__()
        self.twice = nn.ReLU()
        self.conv = nn.Conv2d(3, 4, 3, 2, 1)
        self.sometimes = nn.BatchNorm2d(4)
        self.pair = Pair()
        self.calls = 0
        self.fc = nn.Linear(4, CLASSES)

    def forward(self, x):
        self.calls += 1
        h = self.twice(self.conv(self.twice(x)))
        if h.shape[0] > 1:
            h = self.sometimes(h)
        return self.fc(self.pair(h)[0].mean([2, 3]))


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def hooked(net, images, paths):
    seen = {}

    def keep(path):
        return lambda module, inputs, output: seen.__setitem__(path, output.clone())

    hooks = [net.get_submodule(path).register_forward_hook(keep(path)) for path in paths]
    with torch.no_grad():
        seen["logits"] = net(images)
    for hook in hooks:
        hook.remove()
    return seen


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        packed = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


images = torch.randn(3, 3, 16, 16)
net = Net()
for _ in range(3):  # running statistics that are not those of a new network
    net(torch.randn(8, 3, 16, 16))
net.eval()
expected = {"images": images} | hooked(net, images, ["layer1", "layer1.0.bn1", "layer2", "avgpool"])
torch.jit.save(torch.jit.script(net.train()), "scripted.pt")
torch.jit.save(torch.jit.trace(net.eval(), images), "traced.pt")
torch.jit.save(torch.jit.script(Several(net, "tuple")), "tuple.pt")
torch.jit.save(torch.jit.script(Named(net, "named")), "named.pt")
torch.jit.save(torch.jit.script(Keyed(net, "dict")), "dict.pt")
odd = Odd().eval()
expected["odd"] = odd(images).detach()
torch.jit.save(torch.jit.script(odd), "odd.pt")
write("expected.safetensors", expected)
