using System.Buffers.Binary;
using System.Numerics;

namespace Retort.Torch.Serialization;

/// <summary>
/// Reads pickles as data. Classes and functions are names; a few of them, for tensors and containers, have a counterpart in
/// <see cref="PickleConstructors"/>, of the others there is a <see cref="PickledObject"/>. Nothing is imported, nothing is called.
/// </summary>
/// <param name="source">The file, for messages.</param>
/// <param name="input">Where the pickles are; each <see cref="Read"/> takes one.</param>
/// <param name="budget">Bounds all pickles of the file together.</param>
/// <param name="persistentLoad">Makes the value that a persistent id stands for.</param>
internal sealed class PickleMachine(
    CheckpointSource source, PickleInput input, PickleBudget budget, Func<object?, object?> persistentLoad)
{
    private const int HighestProtocol = 5;
    private const int DictionaryBytes = 200, ListBytes = 64, TupleBytes = 32, BoxBytes = 24, MemoBytes = 40, ItemBytes = 40;

    private readonly PickleConstructors _constructors = new(source, budget);
    private PickleStack _stack = new(source);
    private Dictionary<uint, object?> _memo = [];

    /// <summary>Reads one pickle.</summary>
    /// <returns>
    /// Null, bool, long, BigInteger, double, string, byte[], object?[] (a tuple), List, PickledDictionary, PickledSet, PickledTensor or
    /// PickledObject.
    /// </returns>
    public object? Read()
    {
        (_stack, _memo) = (new PickleStack(source), []);
        while (true)
        {
            budget.Operation();
            var opcode = (PickleOpcode)input.Byte();
            if (opcode == PickleOpcode.Stop)
                return _stack.Pop();
            Step(opcode);
        }
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                int protocol = input.Byte();
                if (protocol > HighestProtocol)
                    throw source.Fault($"its pickle has protocol {protocol}, known are 2 to {HighestProtocol}; save it with torch.save's default.");
                break;
            case PickleOpcode.Frame:
                input.Span(sizeof(ulong)); // a hint for buffers
                break;
            case PickleOpcode.Mark: _stack.Mark(); break;
            case PickleOpcode.Pop: _stack.Drop(); break;
            case PickleOpcode.PopMark: _stack.PopMarked(); break;
            case PickleOpcode.Dup: _stack.Push(_stack.Peek()); break;

            case PickleOpcode.None: _stack.Push(null); break;
            case PickleOpcode.NewTrue: Push(true, BoxBytes); break;
            case PickleOpcode.NewFalse: Push(false, BoxBytes); break;
            case PickleOpcode.BinInt: Push((long)BinaryPrimitives.ReadInt32LittleEndian(input.Span(4)), BoxBytes); break;
            case PickleOpcode.BinInt1: Push((long)input.Byte(), BoxBytes); break;
            case PickleOpcode.BinInt2: Push((long)BinaryPrimitives.ReadUInt16LittleEndian(input.Span(2)), BoxBytes); break;
            case PickleOpcode.Long1: _stack.Push(Integer(input.Byte())); break;
            case PickleOpcode.Long4: _stack.Push(Integer(Length4())); break;
            case PickleOpcode.BinFloat: Push(BinaryPrimitives.ReadDoubleBigEndian(input.Span(8)), BoxBytes); break;
            case PickleOpcode.ShortBinUnicode or PickleOpcode.ShortBinString: Push(input.Text(input.Byte()), BoxBytes); break;
            case PickleOpcode.BinUnicode or PickleOpcode.BinString: Push(input.Text(Length4()), BoxBytes); break;
            case PickleOpcode.BinUnicode8: Push(input.Text(Length8()), BoxBytes); break;
            case PickleOpcode.ShortBinBytes: _stack.Push(input.Bytes(input.Byte())); break;
            case PickleOpcode.BinBytes: _stack.Push(input.Bytes(Length4())); break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8: _stack.Push(input.Bytes(Length8())); break;

            case PickleOpcode.EmptyTuple: _stack.Push(Array.Empty<object?>()); break;
            case PickleOpcode.Tuple1: Push(Popped(1), TupleBytes + 8); break;
            case PickleOpcode.Tuple2: Push(Popped(2), TupleBytes + 16); break;
            case PickleOpcode.Tuple3: Push(Popped(3), TupleBytes + 24); break;
            case PickleOpcode.Tuple: PushMarked(items => items); break;
            case PickleOpcode.EmptyList: Push(new List<object?>(), ListBytes); break;
            case PickleOpcode.List: PushMarked(items => new List<object?>(items)); break;
            case PickleOpcode.Append: AddTo(_stack, [_stack.Pop()]); break;
            case PickleOpcode.Appends or PickleOpcode.AddItems: AddTo(_stack, Marked()); break;
            case PickleOpcode.EmptySet: Push(new PickledSet(), ListBytes * 2); break;
            case PickleOpcode.FrozenSet: PushMarked(PickleConstructors.Set); break;
            case PickleOpcode.EmptyDict: Push(new PickledDictionary(), DictionaryBytes); break;
            case PickleOpcode.Dict: PushMarked(items => Set(new PickledDictionary(), items)); break;
            case PickleOpcode.SetItem: SetItem(); break;
            case PickleOpcode.SetItems: object?[] pairs = Marked(); Set(_stack.Peek(), pairs); break;

            case PickleOpcode.BinGet: Recall(input.Byte()); break;
            case PickleOpcode.LongBinGet: Recall(Length4()); break;
            case PickleOpcode.BinPut: Remember(input.Byte()); break;
            case PickleOpcode.LongBinPut: Remember(Length4()); break;
            case PickleOpcode.Memoize: Remember((uint)_memo.Count); break;

            case PickleOpcode.Global: PushGlobal(input.Line(), input.Line()); break;
            case PickleOpcode.StackGlobal: StackGlobal(); break;
            case PickleOpcode.BinPersId: Push(persistentLoad(_stack.Pop()), ListBytes * 2); break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj: Construct(keywords: null); break;
            case PickleOpcode.NewObjEx: Construct(_stack.Pop()); break;
            case PickleOpcode.Build: Build(); break;
            default:
                throw source.Fault(
                    $"its pickle has the operation 0x{(byte)opcode:x2} before byte {input.Position}, which torch.save does not write; "
                    + "the file is damaged or was pickled with protocol 0 or 1: save it again with torch.save's default.");
        }
    }

    private uint Length4() => BinaryPrimitives.ReadUInt32LittleEndian(input.Span(4));

    private ulong Length8() => BinaryPrimitives.ReadUInt64LittleEndian(input.Span(8));

    private void Push(object? value, int bytes)
    {
        budget.Allocate(bytes);
        _stack.Push(value);
    }

    private object?[] Marked()
    {
        object?[] items = _stack.PopMarked();
        budget.Allocate(items.Length * (long)ItemBytes);
        return items;
    }

    private void PushMarked(Func<object?[], object?> make) => Push(make(Marked()), DictionaryBytes);

    private object?[] Popped(int count)
    {
        object?[] items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
            items[i] = _stack.Pop();
        return items;
    }

    private object Integer(uint length)
    {
        if (length > PickleBudget.LongestInteger)
            throw source.Fault($"its pickle has an integer of {length} bytes, at most {PickleBudget.LongestInteger} are read; do not trust this file.");
        budget.Allocate(BoxBytes + length);
        var number = new BigInteger(input.Span((int)length));
        return number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number;
    }

    private void Remember(uint key)
    {
        budget.Allocate(MemoBytes);
        _memo[key] = _stack.Peek();
    }

    private void Recall(uint key)
    {
        if (!_memo.TryGetValue(key, out object? value))
            throw _stack.Malformed($"uses value {key} before it stores it");
        _stack.Push(value);
    }

    private void PushGlobal(string module, string name)
    {
        budget.Allocate(BoxBytes + ((module.Length + name.Length) * 2L));
        _stack.Push(new PickledObject($"{module}.{name}", isGlobal: true));
    }

    private void StackGlobal()
    {
        object? name = _stack.Pop(), module = _stack.Pop();
        if (name is not string { Length: <= PickleBudget.LongestName } n || module is not string { Length: <= PickleBudget.LongestName } m)
            throw _stack.Malformed("names a class with something else than two short texts");
        PushGlobal(m, n);
    }

    private void Construct(object? keywords)
    {
        object? arguments = _stack.Pop(), callable = _stack.Pop();
        if (callable is not PickledObject named || arguments is not object?[] values)
            throw _stack.Malformed("constructs an object from something else than a class and a tuple");
        budget.Allocate(BoxBytes);
        _stack.Push(keywords is null ? _constructors.Make(named, values) : new PickledObject(named.Name));
    }

    /// <summary>An object's attributes: nothing here has any, except those that stand for what is not made.</summary>
    private void Build()
    {
        _stack.Pop();
        if (_stack.Peek() is not (PickledDictionary or PickledTensor or PickledObject))
            throw _stack.Malformed("gives attributes to a value that has none");
    }

    private void AddTo(PickleStack stack, object?[] items)
    {
        budget.Allocate(items.Length * (long)ItemBytes);
        switch (stack.Peek())
        {
            case List<object?> list: list.AddRange(items); break;
            case PickledSet set: set.Add(items); break;
            case PickledObject: break; // a class derived from list
            default: throw stack.Malformed("appends to a value that is no list");
        }
    }

    private void SetItem()
    {
        object? value = _stack.Pop(), key = _stack.Pop();
        budget.Allocate(ItemBytes);
        Set(_stack.Peek(), [key, value]);
    }

    private object? Set(object? target, object?[] pairs)
    {
        if (pairs.Length % 2 != 0 || target is not (PickledDictionary or PickledObject))
            throw _stack.Malformed("sets entries of a value that is no dict");
        if (target is PickledDictionary dictionary)
        {
            for (int i = 0; i < pairs.Length; i += 2)
                dictionary.Set(pairs[i], pairs[i + 1]);
        }

        return target;
    }
}
