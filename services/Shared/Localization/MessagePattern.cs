using System.Globalization;
using System.Text;

namespace LinkShort.Localization;

/// <summary>
/// A text with placeholders in ICU's message format: <c>{name}</c>, <c>{n, number}</c>, <c>{n, plural, =0 {…} one {# click} other {# clicks}}</c>,
/// <c>{role, select, owner {…} other {…}}</c>; an apostrophe quotes braces (<c>'{'</c>), two are one. Elements as in FormatJS mark what the page
/// wraps: <c>Read the &lt;terms&gt;terms&lt;/terms&gt;</c>.
/// </summary>
public sealed class MessagePattern
{
    private readonly Node[] _nodes;

    private MessagePattern(string source, Node[] nodes) => (Source, _nodes) = (source, nodes);

    public string Source { get; }

    /// <exception cref="FormatException">With the place of the mistake.</exception>
    public static MessagePattern Parse(string source)
    {
        var parser = new Parser(source);
        return new MessagePattern(source, parser.ParseAll());
    }

    /// <summary>The text as <see cref="Language.Pseudo"/> shows it. Placeholders and elements stay.</summary>
    internal MessagePattern ToPseudo() =>
        Literals.Any(text => text.Any(char.IsLetter)) ? new MessagePattern(Source, [new LiteralNode("["), .. _nodes.Select(ToPseudo), new LiteralNode("]")]) : this;

    /// <summary>Placeholders (<c>name</c>) and elements (<c>&lt;name&gt;</c>), of every branch.</summary>
    public IReadOnlySet<string> Names
    {
        get
        {
            var names = new SortedSet<string>(StringComparer.Ordinal);
            Collect(_nodes, names);
            return names;
        }
    }

    /// <summary>The keys of every branch of each plural, such as <c>one</c> and <c>=0</c>.</summary>
    public IEnumerable<IReadOnlyCollection<string>> Plurals => All(_nodes).OfType<ChoiceNode>().Where(choice => choice.IsPlural).Select(choice => choice.Branches.Keys);

    /// <summary>The text outside of placeholders, of every branch.</summary>
    public IEnumerable<string> Literals => All(_nodes).OfType<LiteralNode>().Select(literal => literal.Text);

    /// <summary>The text. Elements are left out, what they contain isn't.</summary>
    /// <exception cref="FormatException">A placeholder has no value.</exception>
    public string Format(Language language, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var text = new StringBuilder();
        foreach (var part in Parts(language, arguments))
        {
            text.Append(part.Text);
        }

        return text.ToString();
    }

    /// <summary>The text by the elements around it.</summary>
    /// <exception cref="FormatException">A placeholder has no value.</exception>
    public IReadOnlyList<TextPart> Parts(Language language, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var writer = new Writer(this, language, arguments.ToArray());
        writer.Write(_nodes, null, null);
        return writer.Parts;
    }

    private static IEnumerable<Node> All(Node[] nodes) => nodes.SelectMany(node => node switch
    {
        ChoiceNode choice => choice.Branches.Values.SelectMany(All).Prepend(node),
        ElementNode element => All(element.Content).Prepend(node),
        _ => [node],
    });

    private static Node ToPseudo(Node node) => node switch
    {
        LiteralNode literal => new LiteralNode(Accented(literal.Text)),
        ChoiceNode choice => choice with { Branches = choice.Branches.ToDictionary(branch => branch.Key, branch => branch.Value.Select(ToPseudo).ToArray(), StringComparer.Ordinal) },
        // Code is not translated either.
        ElementNode { Name: "code" } => node,
        ElementNode element => element with { Content = [.. element.Content.Select(ToPseudo)] },
        _ => node,
    };

    /// <summary>Every vowel twice, which is some 40 % more.</summary>
    private static string Accented(string text) => string.Concat(text.Select(letter => letter switch
    {
        'a' => "áá", 'e' => "éé", 'i' => "íí", 'o' => "óó", 'u' => "úú",
        'A' => "Áá", 'E' => "Éé", 'I' => "Íí", 'O' => "Óó", 'U' => "Úú",
        _ => letter.ToString(),
    }));

    private static void Collect(Node[] nodes, SortedSet<string> names)
    {
        foreach (var node in All(nodes))
        {
            _ = node switch
            {
                ArgumentNode argument => names.Add(argument.Name),
                ChoiceNode choice => names.Add(choice.Name),
                ElementNode element => names.Add($"<{element.Name}>"),
                _ => false,
            };
        }
    }

    private abstract record Node;

    private sealed record LiteralNode(string Text) : Node;

    private sealed record ArgumentNode(string Name, bool IsNumber) : Node;

    /// <summary><c>#</c>: the number of the plural around it.</summary>
    private sealed record CountNode : Node;

    private sealed record ChoiceNode(string Name, bool IsPlural, Dictionary<string, Node[]> Branches) : Node;

    private sealed record ElementNode(string Name, Node[] Content) : Node;

    private sealed class Writer(MessagePattern pattern, Language language, (string Name, object? Value)[] arguments)
    {
        public List<TextPart> Parts { get; } = [];

        public void Write(Node[] nodes, decimal? count, string? element)
        {
            foreach (var node in nodes)
            {
                switch (node)
                {
                    case LiteralNode literal:
                        Add(literal.Text, element);
                        break;
                    case CountNode:
                        Add(NumberText(count!.Value), element);
                        break;
                    case ArgumentNode argument:
                        var value = ValueOf(argument.Name);
                        Add(argument.IsNumber ? NumberText(NumberOf(argument.Name, value)) : TextOf(value), element);
                        break;
                    case ChoiceNode { IsPlural: true } plural:
                        var number = NumberOf(plural.Name, ValueOf(plural.Name));
                        Write(BranchOf(plural, number), number, element);
                        break;
                    case ChoiceNode select:
                        Write(select.Branches.GetValueOrDefault(TextOf(ValueOf(select.Name))) ?? select.Branches[Parser.Other], count, element);
                        break;
                    case ElementNode wrapped:
                        Write(wrapped.Content, count, wrapped.Name);
                        break;
                }
            }
        }

        private Node[] BranchOf(ChoiceNode plural, decimal number) =>
            plural.Branches.GetValueOrDefault("=" + number.ToString(CultureInfo.InvariantCulture))
            ?? plural.Branches.GetValueOrDefault(Parser.KeyOf(language.PluralOf(number)))
            ?? plural.Branches[Parser.Other];

        private void Add(string text, string? element)
        {
            if (Parts.Count > 0 && Parts[^1].Element == element)
            {
                Parts[^1] = new TextPart(Parts[^1].Text + text, element);
            }
            else
            {
                Parts.Add(new TextPart(text, element));
            }
        }

        private object? ValueOf(string name)
        {
            foreach (var argument in arguments)
            {
                if (argument.Name == name)
                {
                    return argument.Value;
                }
            }

            throw new FormatException($"“{pattern.Source}” has no value for {{{name}}}.");
        }

        private string NumberText(decimal number) => number.ToString(number.Scale == 0 ? "N0" : "#,0.##", language.Culture);

        private string TextOf(object? value) => value switch
        {
            null => "",
            string text => text,
            sbyte or byte or short or ushort or int or uint or long or ulong or decimal => NumberText(Convert.ToDecimal(value, CultureInfo.InvariantCulture)),
            IFormattable formattable => formattable.ToString(null, language.Culture),
            _ => value.ToString() ?? "",
        };

        private decimal NumberOf(string name, object? value) => value is IConvertible and not string
            ? Convert.ToDecimal(value, CultureInfo.InvariantCulture)
            : throw new FormatException($"“{pattern.Source}” needs a number for {{{name}}}.");
    }

    private sealed class Parser(string source)
    {
        public const string Other = "other";

        private static readonly string[] Keys = [.. Enum.GetValues<PluralCategory>().Select(KeyOf)];

        private int _at;

        public static string KeyOf(PluralCategory category) => category switch
        {
            PluralCategory.Zero => "zero",
            PluralCategory.One => "one",
            PluralCategory.Two => "two",
            PluralCategory.Few => "few",
            PluralCategory.Many => "many",
            _ => Other,
        };

        public Node[] ParseAll()
        {
            var nodes = ParseNodes(inPlural: false);
            return _at == source.Length ? nodes : throw Mistake("has an end without a start");
        }

        /// <summary>Up to the end of the text, of a branch or of an element.</summary>
        private Node[] ParseNodes(bool inPlural)
        {
            var nodes = new List<Node>();
            var literal = new StringBuilder();
            while (_at < source.Length && source[_at] != '}' && !source.AsSpan(_at).StartsWith("</", StringComparison.Ordinal))
            {
                var character = source[_at];
                if (character == '\'')
                {
                    literal.Append(Quoted());
                }
                else if (character == '{')
                {
                    Flush();
                    nodes.Add(ParseArgument());
                }
                else if (character == '#' && inPlural)
                {
                    Flush();
                    _at++;
                    nodes.Add(new CountNode());
                }
                else if (character == '<')
                {
                    Flush();
                    _at++;
                    var name = Name();
                    Expect(">");
                    var content = ParseNodes(inPlural);
                    Expect($"</{name}>");
                    nodes.Add(new ElementNode(name, content));
                }
                else
                {
                    literal.Append(character);
                    _at++;
                }
            }

            Flush();
            return [.. nodes];

            void Flush()
            {
                if (literal.Length > 0)
                {
                    nodes.Add(new LiteralNode(literal.ToString()));
                    literal.Clear();
                }
            }
        }

        /// <summary>Two apostrophes are one; before syntax one quotes until the next; otherwise it is an apostrophe (ICU's DOUBLE_OPTIONAL).</summary>
        private string Quoted()
        {
            _at++;
            if (_at < source.Length && source[_at] == '\'')
            {
                _at++;
                return "'";
            }

            if (_at == source.Length || source[_at] is not ('{' or '}' or '#' or '<'))
            {
                return "'";
            }

            var end = source.IndexOf('\'', _at);
            var text = source[_at..(end < 0 ? source.Length : end)];
            _at = end < 0 ? source.Length : end + 1;
            return text;
        }

        private Node ParseArgument()
        {
            _at++;
            var name = Name();
            if (Took("}"))
            {
                return new ArgumentNode(name, IsNumber: false);
            }

            Expect(",");
            var type = Name();
            if (type == "number")
            {
                Expect("}");
                return new ArgumentNode(name, IsNumber: true);
            }

            if (type is not ("plural" or "select"))
            {
                throw Mistake($"has the unknown type “{type}”");
            }

            Expect(",");
            return ParseChoice(name, type == "plural");
        }

        private ChoiceNode ParseChoice(string name, bool isPlural)
        {
            var branches = new Dictionary<string, Node[]>(StringComparer.Ordinal);
            while (!Took("}"))
            {
                var key = isPlural && Took("=") ? "=" + Name() : Name();
                if (isPlural && key[0] != '=' && !Keys.Contains(key))
                {
                    throw Mistake($"has the unknown plural form “{key}”");
                }

                Expect("{");
                if (!branches.TryAdd(key, ParseNodes(isPlural)))
                {
                    throw Mistake($"has “{key}” twice");
                }

                Expect("}");
            }

            return branches.ContainsKey(Other) ? new ChoiceNode(name, isPlural, branches) : throw Mistake("has no form “other”");
        }

        private string Name()
        {
            SkipSpace();
            var start = _at;
            while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '_' or '-'))
            {
                _at++;
            }

            return _at > start ? source[start.._at] : throw Mistake("lacks a name");
        }

        private bool Took(string text)
        {
            SkipSpace();
            if (!source.AsSpan(_at).StartsWith(text, StringComparison.Ordinal))
            {
                return false;
            }

            _at += text.Length;
            return true;
        }

        private void Expect(string text)
        {
            if (!Took(text))
            {
                throw Mistake($"lacks a “{text}”");
            }
        }

        private void SkipSpace()
        {
            while (_at < source.Length && char.IsWhiteSpace(source[_at]))
            {
                _at++;
            }
        }

        private FormatException Mistake(string what) => new($"“{source}” {what} at {_at}.");
    }
}

/// <summary>A piece of text.</summary>
/// <param name="Element">The innermost element around it, null for none.</param>
public readonly record struct TextPart(string Text, string? Element);
