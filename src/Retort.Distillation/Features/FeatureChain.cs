namespace Retort.Distillation.Features;

/// <summary>Maps of one network from tap to tap, of methods that compare how each goes over into the next.</summary>
public static class FeatureChain
{
    /// <summary>Refuses chains of less than two pairs, and pairs that are no maps of equal numbers of channels.</summary>
    /// <param name="method">Name of the method, for the message.</param>
    /// <param name="binding">The pairs, in the order of the chain.</param>
    /// <exception cref="MethodException">With the shapes.</exception>
    public static void Require(string method, MethodBinding binding)
    {
        if (binding.Pairs.Count < 2)
        {
            throw new MethodException(
                $"{method} compares how each map goes over into the next, so it needs at least 2 taps, but there is {binding.Pairs.Count} "
                + $"({string.Join(", ", binding.Pairs)}): name more in its options.");
        }

        binding.RequireMaps(method);
        for (int i = 0; i < binding.Pairs.Count; i++)
        {
            if (binding.StudentShape(i)[0] != binding.TeacherShape(i)[0])
            {
                throw binding.Refuse(
                    i, $"{method} needs as many channels in the student's maps as in the teacher's", "choose other taps, another student, or another method");
            }
        }
    }
}
