using System.Runtime.CompilerServices;
using Retort.Torch.Native;

namespace Retort.Torch.Graphs;

/// <summary>Runs a <see cref="Graph"/>: calls its operators one after another, and frees each value when nothing reads it any more.</summary>
internal sealed unsafe class GraphRunner : IDisposable
{
    private readonly Graph _graph;
    private readonly Call[] _calls;
    private readonly nint[] _handles;
    private long _batch = -1;
    private bool _isRunning;

    /// <summary>Prepares a graph.</summary>
    /// <param name="graph">Owned by the runner.</param>
    public GraphRunner(Graph graph)
    {
        _graph = graph;
        int[][] last = graph.LastUses();
        _calls = [.. graph.Nodes.Select((node, n) => new Call(node, last[n]))];
        _handles = new nint[graph.Values.Count];
        foreach ((int number, Tensor constant) in graph.Constants)
            _handles[number] = constant.Handle;
    }

    /// <summary>The graph that runs.</summary>
    public Graph Graph => _graph;

    /// <summary>Runs it.</summary>
    /// <param name="input">[N, 3, H, W]; borrowed.</param>
    /// <param name="seen">Is given each value with its number, the input first, before an operator in place can change it; borrowed for the call.</param>
    /// <returns>The graph's outputs, in their order; owned by the current scope, or the caller.</returns>
    /// <exception cref="InvalidOperationException">Another thread is running it: its values and arguments are laid out once, for one run at a time.</exception>
    public Tensor[] Run(Tensor input, Action<int, Tensor>? seen = null)
    {
        if (Interlocked.Exchange(ref _isRunning, true))
            throw new InvalidOperationException("One thread at a time may run a graph: make one for each thread.");
        try
        {
            return RunAlone(input, seen);
        }
        finally
        {
            Volatile.Write(ref _isRunning, false);
        }
    }

    private Tensor[] RunAlone(Tensor input, Action<int, Tensor>? seen)
    {
        long batch = input.Size(0);
        if (batch != _batch)
        {
            foreach (Call call in _calls)
                call.Fit(batch);
            _batch = batch;
        }

        _handles[_graph.Input] = input.Handle;
        try
        {
            seen?.Invoke(_graph.Input, input);
            for (int n = 0; n < _calls.Length; n++)
            {
                _calls[n].Do(_handles);
                if (seen is not null)
                    Show(_graph.Nodes[n].Results, seen);
            }

            return [.. _graph.Outputs.Select(output => Owned(output.Value))];
        }
        finally
        {
            GC.KeepAlive(input);
            _handles[_graph.Input] = 0;
            for (int number = 0; number < _handles.Length; number++)
            {
                // What an operator failed over, and the outputs, of which there are second handles now.
                if (_handles[number] != 0 && !_graph.Constants.ContainsKey(number))
                    Free(ref _handles[number]);
            }
        }
    }

    /// <summary>Frees the graph.</summary>
    public void Dispose() => _graph.Dispose();

    private void Show(IEnumerable<int> values, Action<int, Tensor> seen)
    {
        foreach (int number in values.Where(number => _handles[number] != 0))
        {
            using Tensor value = Owned(number);
            seen(number, value);
        }
    }

    private Tensor Owned(int number)
    {
        nint same;
        Bridge.Check(Bridge.retort_tensor_retain(_handles[number], &same));
        return new Tensor(same);
    }

    private static void Free(ref nint handle)
    {
        Bridge.retort_tensor_free(handle);
        handle = 0;
    }

    /// <summary>An operator's call with its arguments laid out; only tensors, and integers of another batch, are filled in.</summary>
    private sealed class Call
    {
        private readonly GraphNode _node;
        private readonly int[] _freed;
        private readonly BridgeValue[] _arguments;
        private readonly Array?[] _lists; // what the arguments point to; pinned, as the arguments are

        public Call(GraphNode node, int[] freed)
        {
            (_node, _freed) = (node, freed);
            _arguments = GC.AllocateArray<BridgeValue>(node.Arguments.Count, pinned: true);
            _lists = new Array?[node.Arguments.Count];
            for (int i = 0; i < _arguments.Length; i++)
                (_arguments[i], _lists[i]) = LayOut(node.Arguments[i]);
        }

        public void Fit(long batch)
        {
            for (int i = 0; i < _arguments.Length; i++)
            {
                if (_node.Arguments[i] is GraphArgument.Integer integer)
                    _arguments[i] = BridgeValue.Of(integer.For(batch));
                else if (_node.Arguments[i] is GraphArgument.Integers { Items: var items })
                {
                    for (int k = 0; k < items.Count; k++)
                        ((long[])_lists[i]!)[k] = items[k].For(batch);
                }
            }
        }

        public void Do(nint[] handles)
        {
            for (int i = 0; i < _arguments.Length; i++)
            {
                if (_node.Arguments[i] is GraphArgument.Value value)
                    _arguments[i].Pointer = handles[value.Number];
                else if (_node.Arguments[i] is GraphArgument.Values { Numbers: var numbers })
                {
                    for (int k = 0; k < numbers.Count; k++)
                        ((nint[])_lists[i]!)[k] = numbers[k] < 0 ? 0 : handles[numbers[k]];
                }
            }

            int count = _node.GivesList ? 1 : _node.Results.Count;
            BridgeValue* results = stackalloc BridgeValue[Math.Max(count, 1)];
            _node.Operator.Call(First(_arguments), _arguments.Length, results, count);
            if (_node.GivesList)
            {
                ReadOnlySpan<nint> list = new((void*)results[0].Pointer, (int)results[0].Length);
                for (int i = 0; i < list.Length; i++)
                    handles[_node.Results[i]] = list[i];
                Bridge.retort_list_free(results[0].Pointer);
            }
            else
            {
                for (int i = 0; i < count; i++)
                    handles[_node.Results[i]] = results[i].Pointer;
            }

            foreach (int number in _freed)
            {
                if (handles[number] != 0)
                    Free(ref handles[number]);
            }
        }

        private static (BridgeValue Value, Array? List) LayOut(GraphArgument argument)
        {
            switch (argument)
            {
                case GraphArgument.Plain plain:
                    return (plain.Content, null);
                case GraphArgument.Value:
                    return (new BridgeValue { Tag = BridgeTag.Tensor }, null);
                case GraphArgument.Values values:
                    nint[] tensors = GC.AllocateArray<nint>(values.Numbers.Count, pinned: true);
                    return (BridgeValue.List(values.Tag, First(tensors), tensors.Length), tensors);
                case GraphArgument.Integers integers:
                    long[] numbers = GC.AllocateArray<long>(integers.Items.Count, pinned: true);
                    return (BridgeValue.List(BridgeTag.IntList, First(numbers), numbers.Length), numbers);
                case GraphArgument.Bytes bytes:
                    byte[] content = GC.AllocateArray<byte>(bytes.Content.Length, pinned: true);
                    bytes.Content.CopyTo(content, 0);
                    return (BridgeValue.List(bytes.Tag, First(content), (int)bytes.Length), content);
                default:
                    return (default, null); // an integer, which is filled in for the batch
            }
        }

        private static T* First<T>(T[] pinned)
            where T : unmanaged => (T*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(pinned));
    }
}
