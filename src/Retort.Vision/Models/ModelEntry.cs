using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>A model that can be made by name.</summary>
/// <param name="Name">As RepDistiller, torchvision or timm calls it; case matters.</param>
/// <param name="ImageSize">Height and width that it is made for, in pixels.</param>
/// <param name="Create">Makes it, newly initialised, for a number of classes.</param>
public sealed record ModelEntry(string Name, int ImageSize, Func<int, Network> Create)
{
    /// <summary>Number of classes with which its size is usually published: CIFAR-100's, or ImageNet's for images of 224 pixels.</summary>
    public int UsualClasses => ImageSize >= 224 ? 1000 : 100;
}
