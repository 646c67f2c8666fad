using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>A model that can be made by name.</summary>
/// <param name="Name">As RepDistiller or torchvision calls it; case matters.</param>
/// <param name="ImageSize">Height and width that it is made for, in pixels.</param>
/// <param name="Create">Makes it, newly initialised, for a number of classes.</param>
public sealed record ModelEntry(string Name, int ImageSize, Func<int, Network> Create);
