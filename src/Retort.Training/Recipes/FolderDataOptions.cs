namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : StoredDataOptions;
