using Retort.Tests.Support;

namespace Retort.Tests.Torch.Serialization;

/// <summary>The files that Fixtures/make.py made with PyTorch.</summary>
internal static class Fixture
{
    public static string Path(string name) => RepositoryFiles.Repository("tests", "Torch", "Serialization", "Fixtures", name);
}
