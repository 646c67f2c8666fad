namespace Retort.Training.Data;

/// <summary>How many images a class has.</summary>
/// <param name="Name">The class.</param>
/// <param name="Train">Images to train on.</param>
/// <param name="Dev">Training images that are held out to choose the best epoch on.</param>
/// <param name="Test">Test images.</param>
public sealed record ClassCount(string Name, int Train, int Dev, int Test);
