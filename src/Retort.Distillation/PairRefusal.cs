namespace Retort.Distillation;

/// <summary>How methods refuse a pair of taps: with both shapes.</summary>
internal static class PairRefusal
{
    extension(MethodBinding binding)
    {
        /// <summary>What to throw where a pair's shapes cannot be reconciled.</summary>
        /// <param name="pair">Number of the pair.</param>
        /// <param name="reason">What the method would need, as "factor transfer needs equal heights and widths".</param>
        /// <param name="remedy">What to do instead.</param>
        public MethodException Refuse(int pair, string reason, string remedy = "choose other networks or another method")
        {
            (string student, string teacher) = binding.Pairs[pair];
            return new MethodException(
                $"\"{student}\" of {binding.Student.Name} is {Text(binding.StudentShape(pair))} and \"{teacher}\" of {binding.Teacher.Name} is "
                + $"{Text(binding.TeacherShape(pair))}, but {reason}: {remedy}.");
        }

        /// <summary>Refuses pairs that are not both feature maps [C, H, W].</summary>
        /// <exception cref="MethodException">A side of a pair is none.</exception>
        public void RequireMaps(string title)
        {
            for (int k = 0; k < binding.Pairs.Count; k++)
            {
                if (binding.StudentShape(k).Length != 3 || binding.TeacherShape(k).Length != 3)
                    throw binding.Refuse(k, $"{title} compares feature maps [C, H, W]", "choose taps, or networks, that give maps");
            }
        }

        /// <summary>Refuses any number of pairs but one.</summary>
        /// <exception cref="MethodException">There are none or several.</exception>
        public void RequireOnePair(string title)
        {
            if (binding.Pairs.Count != 1)
                throw new MethodException($"{title} compares one pair of taps, but was given {binding.Pairs.Count}: give it one.");
        }
    }

    private static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}
