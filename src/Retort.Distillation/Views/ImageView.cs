using Retort.Torch;

namespace Retort.Distillation.Views;

/// <summary>
/// Shows the images of a batch in another way, such as turned. It should be a static method: views are equal where their methods are, and what
/// several methods of a run want is shown once.
/// </summary>
/// <param name="images">[N, 3, H, W], normalised, on the device; borrowed.</param>
/// <returns>The same shape; owned by the current scope.</returns>
public delegate Tensor ImageView(Tensor images);
