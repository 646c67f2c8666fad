namespace Retort.Torch.Distributed;

/// <summary>Slurm's lists of nodes, as "gpu[003-017,021],login1".</summary>
internal static class NodeList
{
    /// <summary>The first node of a list.</summary>
    /// <param name="variable">Where the list is from, for the message.</param>
    /// <param name="list">The list.</param>
    /// <exception cref="RetortException">It is no such list.</exception>
    public static string First(string variable, string list)
    {
        string name = "";
        for (int i = 0; i < list.Length && list[i] != ','; i++)
        {
            if (list[i] != '[')
            {
                name += list[i];
                continue;
            }

            // The first of the numbers in brackets, with its zeros: "003" of "[003-017,021]".
            int end = list.IndexOf(']', i);
            string numbers = end < 0 ? "" : list[(i + 1)..end];
            string first = numbers.Split('-', ',')[0];
            if (first.Length == 0 || !first.All(char.IsAsciiDigit))
                throw Refuse(variable, list);
            name += first;
            i = end;
        }

        return name.Length > 0 && !name.Contains(']') ? name : throw Refuse(variable, list);
    }

    private static RetortException Refuse(string variable, string list) => new(
        $"{variable} is '{list}': it must be a list of nodes, as gpu[003-017,021]. Name the first node in MASTER_ADDR instead.") { WrongUse = true };
}
