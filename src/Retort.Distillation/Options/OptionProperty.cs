using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Retort.Distillation.Options;

/// <summary>A property of an options record, seen as an option.</summary>
internal sealed class OptionProperty
{
    public OptionProperty(PropertyInfo property, NullabilityInfoContext nullability)
    {
        Property = property;
        Key = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute)) || property.IsDefined(typeof(RequiredAttribute));
        IsNullable = nullability.Create(property).WriteState == NullabilityState.Nullable;
        Rules = new OptionRules([.. property.GetCustomAttributes<ValidationAttribute>()]);
    }

    public PropertyInfo Property { get; }

    public string Key { get; }

    public bool IsRequired { get; }

    public bool IsNullable { get; }

    public OptionRules Rules { get; }

    public Type Type => Property.PropertyType;

    public string Allowed => Rules.Describe(Type);
}
