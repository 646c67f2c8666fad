"""Makes tests/Vision/Augmentation/Golden/operations.json with Pillow (Debian: apt-get install python3-pil), the oracle of the operations.

Run it by hand when a case is added:  /usr/bin/python3 tests/Vision/Augmentation/oracle/operations.py
Numbers change only on purpose: look at the diff.
"""
import json
import pathlib

from PIL import Image, ImageEnhance, ImageOps

FILE = pathlib.Path(__file__).resolve().parent.parent / "Golden" / "operations.json"
WIDTH, HEIGHT = 29, 19  # enough pixels for Equalize to do something
FILL = (125, 123, 114)


def pixels():
    # Smooth in places and coarse in others; no channel has the whole range.
    return bytes(
        min(250, max(5, (x * 9 + y * 7 * (c + 1) + (x * y * 31 % 23) * c + (60 if (x // 4 + y // 3) % 2 else 0)) % 240 + 7))
        for y in range(HEIGHT) for x in range(WIDTH) for c in range(3))


def affine(*matrix):
    return lambda image: image.transform(image.size, Image.AFFINE, matrix, resample=Image.BILINEAR, fillcolor=FILL)


def solarize_add(image, amount):
    return image.point([min(255, i + amount) if i < 128 else i for i in range(256)] * 3)


CASES = {
    "AutoContrast": ImageOps.autocontrast,
    "Equalize": ImageOps.equalize,
    "Invert": ImageOps.invert,
    **{f"Posterize {bits}": lambda image, bits=bits: ImageOps.posterize(image, bits) for bits in (1, 3)},
    **{f"Solarize {least}": lambda image, least=least: ImageOps.solarize(image, least) for least in (100, 230)},
    **{f"SolarizeAdd {amount}": lambda image, amount=amount: solarize_add(image, amount) for amount in (50, 99)},
    **{f"{name} {factor}": lambda image, name=name, factor=factor: getattr(ImageEnhance, name)(image).enhance(factor)
       for name in ("Color", "Contrast", "Brightness", "Sharpness") for factor in (0.1, 0.5, 1.72)},
    **{f"Rotate {angle}": lambda image, angle=angle: image.rotate(angle, resample=Image.BILINEAR, fillcolor=FILL) for angle in (-27, 10)},
    **{f"ShearX {factor}": affine(1, factor, 0, 0, 1, 0) for factor in (-0.27, 0.1)},
    **{f"ShearY {factor}": affine(1, 0, 0, factor, 1, 0) for factor in (-0.27, 0.1)},
    "Translate 4.25 0": affine(1, 0, 4.25, 0, 1, 0),
    "Translate 0 -3.5": affine(1, 0, 0, 0, 1, -3.5),
}

source = pixels()
results = {name: operation(Image.frombytes("RGB", (WIDTH, HEIGHT), source)).tobytes().hex() for name, operation in CASES.items()}
lines = [json.dumps("source") + ": " + json.dumps(source.hex())] + [f"{json.dumps(name)}: {json.dumps(data)}" for name, data in results.items()]
FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
