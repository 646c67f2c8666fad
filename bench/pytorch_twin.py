#!/usr/bin/env python3
"""The work of `retort bench train` in plain PyTorch, with its usual idioms: a DataLoader with workers, torchvision's transforms, eager
modules in float32. Prints a JSON line with images_per_second.

Usage: bench/pytorch_twin.py --teacher resnet20 --student resnet8 [--method kd] [--batch 64] [--batches 50] [--warm-up 10] --data FOLDER [--threads N] [--device cuda]
       bench/pytorch_twin.py --student resnet20 --evaluate --data FOLDER    the work of `retort bench eval`
Needs Debian's python3-torch and python3-torchvision, or the same from pip.
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torchvision import datasets, transforms


def conv3x3(inputs, outputs, stride):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv3x3(outputs, outputs, 1), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """The ResNet of 32 x 32 images: three stages of (depth - 2) / 6 blocks."""

    def __init__(self, depth, stem, width, classes):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(3, stem, 1), nn.BatchNorm2d(stem)
        blocks, channels = (depth - 2) // 6, stem
        stages = []
        for stage in range(3):
            outputs = width << stage
            stages.append(nn.Sequential(*[
                BasicBlock(channels if i == 0 else outputs, outputs, 2 if i == 0 and stage > 0 else 1) for i in range(blocks)]))
            channels = outputs
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.fc(x.mean((2, 3))), features


class PreactBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv3x3(inputs, outputs, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv3x3(outputs, outputs, 1)
        self.shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(active))))
        return y + (x if self.shortcut is None else self.shortcut(active))


class WideResNet(nn.Module):
    def __init__(self, depth, widen, classes):
        super().__init__()
        self.conv1 = conv3x3(3, 16, 1)
        blocks, channels = (depth - 4) // 6, 16
        stages = []
        for stage in range(3):
            outputs = (16 << stage) * widen
            stages.append(nn.Sequential(*[
                PreactBlock(channels if i == 0 else outputs, outputs, 2 if i == 0 and stage > 0 else 1) for i in range(blocks)]))
            channels = outputs
        self.stages, self.bn, self.fc = nn.ModuleList(stages), nn.BatchNorm2d(channels), nn.Linear(channels, classes)

    def forward(self, x):
        x = self.conv1(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.fc(F.relu(self.bn(x)).mean((2, 3))), features


def make(name, classes):
    if name.startswith("wrn_"):
        depth, widen = map(int, name[4:].split("_"))
        return WideResNet(depth, widen, classes)
    depth, _, wide = name[len("resnet"):].partition("x")
    return ResNet(int(depth), 32 if wide else 16, 64 if wide else 16, classes)


def kd(student, teacher, _s, _t, temperature=4.0):
    return F.kl_div(F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1), reduction="batchmean") * temperature**2


def nst(_student, _teacher, s, t):
    """Polynomial kernel of degree 2 between all pairs of channels, as papers' code has it: one product per pair."""
    def gram(a, b):
        return (a.unsqueeze(2) * b.unsqueeze(1)).sum(-1).pow(2).mean()
    total = 0
    for f, g in zip(s, t):
        f, g = F.normalize(f.flatten(2), dim=2), F.normalize(g.flatten(2), dim=2)
        total = total + gram(g, g).detach() + gram(f, f) - 2 * gram(f, g)
    return total


def at(_student, _teacher, s, t):
    def attention(x):
        return F.normalize(x.pow(2).mean(1).flatten(1))
    return sum((attention(f) - attention(g)).pow(2).mean() for f, g in zip(s, t))


def none(_student, _teacher, _s, _t):
    return 0


METHODS = {"kd": kd, "nst": nst, "at": at, "none": none}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--teacher")
    parser.add_argument("--student", required=True)
    parser.add_argument("--method", default="kd", choices=METHODS)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--warm-up", type=int, default=10, help="batches before the clock starts")
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--evaluate", action="store_true")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    normalize = transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
    report(evaluate(args, normalize) if args.evaluate else train(args, normalize))


def report(speed):
    print(json.dumps({"images_per_second": speed, "torch": torch.__version__, "threads": torch.get_num_threads()}))


def evaluate(args, normalize):
    images = datasets.ImageFolder(f"{args.data}/test", transforms.Compose([transforms.ToTensor(), normalize]))
    loader = torch.utils.data.DataLoader(images, args.batch, num_workers=args.workers, pin_memory=args.device != "cpu")
    network = make(args.student, len(images.classes)).eval().to(args.device)
    done = right = 0
    begun = time.perf_counter()
    with torch.no_grad():
        for number, pair in enumerate(loader):
            batch, labels = (part.to(args.device, non_blocking=True) for part in pair)
            right += (network(batch)[0].argmax(1) == labels).sum().item()
            done += len(labels)
            if number + 1 == args.warm_up:
                done, begun = 0, time.perf_counter()
    return done / (time.perf_counter() - begun)


def train(args, normalize):
    images = datasets.ImageFolder(f"{args.data}/train", transforms.Compose(
        [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalize]))
    loader = torch.utils.data.DataLoader(images, args.batch, shuffle=True, num_workers=args.workers, drop_last=True, pin_memory=args.device != "cpu")
    student, loss_of = make(args.student, len(images.classes)).to(args.device), METHODS[args.method]
    teacher = make(args.teacher, len(images.classes)).eval().to(args.device) if args.teacher else None
    optimizer = torch.optim.SGD(student.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)

    done, begun = 0, time.perf_counter()
    while True:
        for pair in loader:
            batch, labels = (part.to(args.device, non_blocking=True) for part in pair)
            logits, features = student(batch)
            loss = F.cross_entropy(logits, labels)
            if teacher is not None:
                with torch.no_grad():
                    target, taught = teacher(batch)
                loss = loss + loss_of(logits, target, features, taught)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            done += 1
            if done == args.warm_up:
                begun = time.perf_counter()
            if done == args.warm_up + args.batches:
                return args.batches * args.batch / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
