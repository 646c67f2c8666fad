"""python3 direction-case.py direction.safetensors: the loss in plain Python, its gradients by central differences."""
import json
import math
import random
import struct
import sys

BATCH, STUDENT, TEACHER, POWER = 4, 3, 5, 2.0
SHAPES = {
    "student.features.0": [BATCH, STUDENT],
    "teacher.features.0": [BATCH, TEACHER],
    "param.connector.weight": [TEACHER, STUDENT],
    "param.connector.bias": [TEACHER],
}


def loss(student, teacher, weight, bias):
    total = 0.0
    for n in range(BATCH):
        x, t = student[n * STUDENT:(n + 1) * STUDENT], teacher[n * TEACHER:(n + 1) * TEACHER]
        s = [bias[j] + sum(w * v for w, v in zip(weight[j * STUDENT:(j + 1) * STUDENT], x)) for j in range(TEACHER)]
        cosine = sum(a * b for a, b in zip(s, t)) / math.sqrt(sum(a * a for a in s) * sum(b * b for b in t))
        total += (1 - cosine) ** POWER / BATCH
    return total


def moved(inputs, name, i, by):
    return [[v + by if (key, k) == (name, i) else v for k, v in enumerate(values)] for key, values in inputs.items()]


def gradient(inputs, name, step=1e-5):
    return [(loss(*moved(inputs, name, i, step)) - loss(*moved(inputs, name, i, -step))) / (2 * step) for i in range(len(inputs[name]))]


random.seed(1)
inputs = {name: [round(random.uniform(-1, 1) * 256) / 256 for _ in range(math.prod(shape))] for name, shape in SHAPES.items()}
tensors = {name: ("F32", SHAPES[name], values) for name, values in inputs.items()}
tensors["expect.loss"] = ("F64", [1], [loss(*inputs.values())])
for name in ("student.features.0", "param.connector.weight", "param.connector.bias"):
    tensors[f"expect.grad.{name}"] = ("F32", SHAPES[name], gradient(inputs, name))

case = {"kind": "loss", "method": "direction", "options": {"power": POWER}, "tolerance": {"loss": 1e-5, "grad": 1e-4}}
header, data = {"__metadata__": {"case": json.dumps(case), "source": "direction-case.py"}}, b""
for name, (kind, shape, values) in tensors.items():
    packed = struct.pack(f"<{len(values)}{'f' if kind == 'F32' else 'd'}", *values)
    header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
    data += packed
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
