"""Makes the files beside it with PyTorch 1.13 (Debian's python3-torch): /usr/bin/python3 make.py

Values are such that a test can tell them: tensor number K of a file holds K*100, K*100 + 1, ... in row-major order.
"""
import argparse
import collections
import os

import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))
TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
         torch.uint8, torch.bool]


def numbered(k, *shape, dtype=torch.float32):
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count) + k * 100).reshape(shape).to(dtype)


def both(name, value):
    torch.save(value, f"{name}.pth")
    torch.save(value, f"{name}-legacy.pth", _use_new_zipfile_serialization=False)


# Every type; a scalar and an empty tensor.
types = collections.OrderedDict((str(t).replace("torch.", ""), (torch.arange(6) % 2 if t == torch.bool else torch.arange(6)).reshape(2, 3).to(t)) for t in TYPES)
types["scalar"] = torch.tensor(2.5)
types["empty"] = torch.empty(0, 4)
both("types", types)

# Views: transposed, sliced, expanded, channels-last, and two that share their memory.
base = numbered(1, 4, 6)
both("views", {
    "transposed": base.t(),
    "sliced": base[1:3, 2:5],
    "expanded": torch.tensor([[7.0], [8.0]]).expand(2, 3),
    "channels_last": numbered(2, 2, 3, 2, 2).to(memory_format=torch.channels_last),
    "whole": base,
    "shared": base,
    "row": base[2],
})

# A training checkpoint as scripts write it: wrapped names, optimiser, options, a numpy number.
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3))
optimizer = torch.optim.Adam(net.parameters())
net(torch.randn(2, 1, 4, 4)).sum().backward()
optimizer.step()
for k, tensor in enumerate(net.state_dict().values()):
    tensor.copy_(numbered(k, *tensor.shape))
wrapped = torch.nn.DataParallel(net)
both("training", {
    "epoch": 7,
    "args": argparse.Namespace(lr=0.1, layers=[1, 2], name="net"),
    "best_acc1": torch.tensor(91.5),
    "state_dict": wrapped.state_dict(),
    "optimizer": optimizer.state_dict(),
    "history": [0.5, None, True, (1, 2), {3}, 10 ** 30, b"bytes"],
    "rng": torch.get_rng_state()[:16].clone(),
})
torch.save({"model": net.state_dict(), "epoch": 1}, "protocol4.pth", pickle_protocol=4)
torch.save(collections.OrderedDict((n, p) for n, p in net.named_parameters()), "parameters.pth")
torch.save(net, "whole-network.pth")
torch.save({"model": {"w": torch.zeros(2, dtype=torch.complex64)}}, "complex.pth")

averaged = torch.optim.swa_utils.AveragedModel(net)
torch.save({"model_ema": averaged.state_dict(), "epoch": 3}, "averaged.pth")


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(4, 2)
        self.bn = torch.nn.BatchNorm1d(2)
        self.drop = torch.nn.Dropout(0.5)
        torch.nn.init.constant_(self.fc.weight, 0.5)
        torch.nn.init.constant_(self.fc.bias, 1.0)

    def forward(self, x):
        hidden = self.fc(x)
        return self.drop(self.bn(hidden)), (hidden, x)


class Broken(torch.nn.Module):
    def forward(self, x):
        return {"logits": x}


class Number(torch.nn.Module):
    def forward(self, x):
        return x, 7, [x], "text"


torch.jit.save(torch.jit.script(Net()), "scripted.pt")
torch.jit.save(torch.jit.script(Broken()), "scripted-dict.pt")
torch.jit.save(torch.jit.script(Number()), "scripted-number.pt")

# Weights and an average of them as timm saves them; names below a module, as Lightning has them.
inner = {"state_dict": {f"model.net.{n}": t for n, t in net.state_dict().items()},
         "state_dict_ema": {f"model.net.{n}": t + 1 for n, t in net.state_dict().items()}}
torch.save(inner, "lightning.pth")
