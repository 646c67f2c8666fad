namespace Retort.Vision.Datasets;

/// <summary>Which part of a data set.</summary>
public enum DatasetSplit
{
    /// <summary>The images to train on.</summary>
    Training,

    /// <summary>The images to measure accuracy on.</summary>
    Test,
}
