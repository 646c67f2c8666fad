using Retort.Torch;

namespace Retort.Distillation.Views;

/// <summary>Shows the images of a batch in another way, such as turned. A static method, so that two methods can be seen to want the same.</summary>
/// <param name="images">[N, 3, H, W], normalised, on the device; borrowed.</param>
/// <returns>The same shape; owned by the current scope.</returns>
public delegate Tensor ImageView(Tensor images);
