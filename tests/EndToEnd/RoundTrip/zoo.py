"""The zoo's models as PyTorch modules, for Debian's python3-torch and python3-torchvision. The torchvision models are torchvision's own;
of the others, classes with the layers and the names of the definitions whose checkpoints Retort reads (RepDistiller's and timm's), written
anew for the tests."""
import torch
import torch.nn.functional as F
import torchvision
from torch import nn


def conv_norm(inputs, outputs, kernel, stride=1, groups=1):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


def shuffle(x, groups):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(inputs, outputs, 3, stride)
        self.conv2, self.bn2 = conv_norm(outputs, outputs, 3)
        self.downsample = nn.Sequential(*conv_norm(inputs, outputs, 1, stride)) if stride != 1 or inputs != outputs else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, depth, stem, width, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, stem, 3)
        channels = stem
        for stage in range(3):
            blocks = []
            for i in range((depth - 2) // 6):
                blocks.append(BasicBlock(channels, width << stage, 2 if stage > 0 and i == 0 else 1))
                channels = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Sign(nn.Module):
    def forward(self, x):
        return torch.sign(x)


class BinaryConv(nn.Conv2d):
    def forward(self, x):
        return F.conv2d(x, torch.sign(self.weight), None, self.stride, self.padding)


class BinaryBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, kind):
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs)
        self.activation = nn.Tanh() if kind == "tanh" else Sign()
        self.conv = (nn.Conv2d if kind else BinaryConv)(inputs, outputs, 3, stride, 1, bias=False)
        self.scale = nn.Sequential(nn.Conv2d(inputs, inputs // 8, 1, bias=False), nn.ReLU(), nn.Conv2d(inputs // 8, outputs, 1, bias=False), nn.Sigmoid())
        self.prelu = nn.PReLU(outputs)
        if inputs != outputs:
            self.downsample = nn.Sequential(nn.AvgPool2d(2), *conv_norm(inputs, outputs, 1))

    def forward(self, x):
        y = self.conv(self.activation(self.bn(x))) * self.scale(x.mean([2, 3], keepdim=True))
        return self.prelu(y) + (self.downsample(x) if hasattr(self, "downsample") else x)


class BinaryResNet(nn.Module):
    def __init__(self, depth, kind, classes):
        super().__init__()
        large = depth == 18
        channels = 64 if large else 16
        self.conv1 = nn.Conv2d(3, channels, 7, 2, 3, bias=False) if large else nn.Conv2d(3, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.pool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        self.stages = 4 if large else 3
        for stage in range(self.stages):
            blocks = []
            for i in range(4 if large else 6):
                outputs = channels * (2 if stage > 0 and i == 0 else 1)
                blocks.append(BinaryBlock(channels, outputs, outputs // channels, kind))
                channels = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean([2, 3]))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.convShortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(active))))
        return y + (x if self.convShortcut is None else self.convShortcut(active))


class WideStage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, widen, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        channels = 16
        for stage in range(3):
            blocks = []
            for i in range((depth - 4) // 6):
                blocks.append(WideBlock(channels, (16 << stage) * widen, 2 if stage > 0 and i == 0 else 1))
                channels = (16 << stage) * widen
            setattr(self, f"block{stage + 1}", WideStage(blocks))
        self.bn1, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, classes)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.avg_pool2d(F.relu(self.bn1(x)), 8).flatten(1))


class Vgg(nn.Module):
    def __init__(self, counts, classes):
        super().__init__()
        channels = 3
        for block, (count, width) in enumerate(zip(counts, (64, 128, 256, 512, 512))):
            layers = []
            for i in range(count):
                layers += [nn.ReLU()] if i else []
                layers += [nn.Conv2d(channels, width, 3, 1, 1), nn.BatchNorm2d(width)]
                channels = width
            setattr(self, f"block{block}", nn.Sequential(*layers))
        self.classifier = nn.Linear(512, classes)

    def forward(self, x):
        side = x.shape[2]
        for block in range(5):
            if 0 < block < 4 or block == 4 and side == 64:
                x = F.max_pool2d(x, 2)
            x = F.relu(getattr(self, f"block{block}")(x))
        return self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Inverted(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        width = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            *conv_norm(inputs, width, 1), nn.ReLU(), *conv_norm(width, width, 3, stride, width), nn.ReLU(), *conv_norm(width, outputs, 1))

    def forward(self, x):
        return self.conv(x) + x if self.adds else self.conv(x)


class CifarMobileNetV2(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Sequential(*conv_norm(3, 16, 3, 2), nn.ReLU())
        channels, groups = 16, []
        for expansion, outputs, count, stride in ((1, 8, 1, 1), (6, 12, 2, 1), (6, 16, 3, 2), (6, 32, 4, 2), (6, 48, 3, 1), (6, 80, 3, 2), (6, 160, 1, 1)):
            blocks = []
            for i in range(count):
                blocks.append(Inverted(channels, outputs, stride if i == 0 else 1, expansion))
                channels = outputs
            groups.append(nn.Sequential(*blocks))
        self.blocks = nn.ModuleList(groups)
        self.conv2 = nn.Sequential(*conv_norm(channels, 1280, 1), nn.ReLU())
        self.classifier = nn.Sequential(nn.Linear(1280, classes))

    def forward(self, x):
        x = self.conv1(x)
        for group in self.blocks:
            x = group(x)
        return self.classifier(F.adaptive_avg_pool2d(self.conv2(x), 1).flatten(1))


class ShuffleUnit1(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        made = outputs - inputs if stride == 2 else outputs
        width = made // 4
        self.stride, self.groups = stride, 1 if inputs == 24 else 3
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, groups=self.groups, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv_norm(width, width, 3, stride, width)
        self.conv3, self.bn3 = nn.Conv2d(width, made, 1, groups=3, bias=False), nn.BatchNorm2d(made)

    def forward(self, x):
        y = shuffle(F.relu(self.bn1(self.conv1(x))), self.groups)
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(torch.cat([y, F.avg_pool2d(x, 3, 2, 1)], 1) if self.stride == 2 else y + x)


class ShuffleNetV1(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 24, 1)
        channels = 24
        for stage, (outputs, count) in enumerate(((240, 4), (480, 8), (960, 4))):
            units = [ShuffleUnit1(channels if i == 0 else outputs, outputs, 2 if i == 0 else 1) for i in range(count)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*units))
            channels = outputs
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(F.avg_pool2d(x, 4).flatten(1))


class ShuffleUnit2(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.conv1, self.bn1 = conv_norm(half, half, 1)
        self.conv2, self.bn2 = conv_norm(half, half, 3, groups=half)
        self.conv3, self.bn3 = conv_norm(half, half, 1)

    def forward(self, x):
        passed, y = x.chunk(2, 1)
        y = F.relu(self.bn3(self.conv3(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(y))))))))
        return shuffle(torch.cat([passed, y], 1), 2)


class ShuffleDown2(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        half = outputs // 2
        self.conv1, self.bn1 = conv_norm(inputs, inputs, 3, 2, inputs)
        self.conv2, self.bn2 = conv_norm(inputs, half, 1)
        self.conv3, self.bn3 = conv_norm(inputs, half, 1)
        self.conv4, self.bn4 = conv_norm(half, half, 3, 2, half)
        self.conv5, self.bn5 = conv_norm(half, half, 1)

    def forward(self, x):
        left = F.relu(self.bn2(self.conv2(self.bn1(self.conv1(x)))))
        right = F.relu(self.bn5(self.conv5(self.bn4(self.conv4(F.relu(self.bn3(self.conv3(x))))))))
        return shuffle(torch.cat([left, right], 1), 2)


class ShuffleNetV2(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 24, 1)
        channels = 24
        for stage, (outputs, count) in enumerate(((116, 3), (232, 7), (464, 3))):
            setattr(self, f"layer{stage + 1}", nn.Sequential(ShuffleDown2(channels, outputs), *[ShuffleUnit2(outputs) for _ in range(count)]))
            channels = outputs
        self.conv2, self.bn2 = conv_norm(channels, 1024, 1)
        self.linear = nn.Linear(1024, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(F.avg_pool2d(F.relu(self.bn2(self.conv2(x))), 4).flatten(1))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(inputs, width, 1)
        self.conv2, self.bn2 = conv_norm(width, width, 3, stride)
        self.conv3, self.bn3 = conv_norm(width, 4 * width, 1)
        self.shortcut = nn.Sequential(*(conv_norm(inputs, 4 * width, 1, stride) if stride != 1 or inputs != 4 * width else []))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


class CifarResNet50(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 64, 3)
        channels = 64
        for stage, count in enumerate((3, 4, 6, 3)):
            blocks = []
            for i in range(count):
                blocks.append(Bottleneck(channels, 64 << stage, 2 if stage > 0 and i == 0 else 1))
                channels = 4 * (64 << stage)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


class MobileNetV1(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers, channels = [nn.Sequential(*conv_norm(3, 32, 3, 2), nn.ReLU())], 32
        for outputs, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)):
            layers.append(nn.Sequential(*conv_norm(channels, channels, 3, stride, channels), nn.ReLU(), *conv_norm(channels, outputs, 1), nn.ReLU()))
            channels = outputs
        self.model = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.model(x), 1).flatten(1))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, 1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, 1e-6), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, width, classes):
        super().__init__()
        self.patch_embed = PatchEmbed(patch, width)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width) * 0.02)
        self.blocks = nn.Sequential(*[TransformerBlock(width, width // 64) for _ in range(12)])
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


VGGS = {"vgg8": (1, 1, 1, 1, 1), "vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
OTHERS = {"MobileNetV2": CifarMobileNetV2, "ShuffleV1": ShuffleNetV1, "ShuffleV2": ShuffleNetV2, "ResNet50": CifarResNet50, "mobilenet_v1": MobileNetV1}
TRANSFORMERS = {"deit_tiny_patch16_224": (224, 16, 192), "deit_small_patch16_224": (224, 16, 384), "deit_tiny_patch4_32": (32, 4, 192)}
TORCHVISION = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "mobilenet_v2")


def make(name, classes):
    """A newly initialised module of a model of Retort's."""
    if name in TORCHVISION:
        return getattr(torchvision.models, name)(num_classes=classes)
    if name in OTHERS:
        return OTHERS[name](classes)
    if name in VGGS:
        return Vgg(VGGS[name], classes)
    if name in TRANSFORMERS:
        return VisionTransformer(*TRANSFORMERS[name], classes)
    if name.startswith("wrn_"):
        depth, widen = map(int, name[4:].split("_"))
        return WideResNet(depth, widen, classes)
    if name.startswith("binary_resnet"):
        depth, _, kind = name[len("binary_resnet"):].partition("_")
        return BinaryResNet(int(depth), kind, classes)
    depth, _, wide = name[len("resnet"):].partition("x")
    return ResNet(int(depth), 32 if wide else 16, 64 if wide else 16, classes)
