using LinkShort.Identity.Domain;

namespace LinkShort.Identity.Privacy.Consents;

/// <summary>The exact text of a consent. A changed text gets a new version; old ones are kept, because users agreed to them.</summary>
/// <param name="Required">An account can't exist without it.</param>
/// <param name="Texts">By language (<see cref="Locale.All"/>). A version is the same in every language.</param>
public sealed record ConsentText(string Purpose, string Version, bool Required, IReadOnlyDictionary<string, string> Texts)
{
    /// <returns>The text and its language; English if there is none in the requested one.</returns>
    public (string Text, string Language) In(string locale) =>
        Texts.TryGetValue(locale, out var text) ? (text, locale) : (Texts[Locale.Default], Locale.Default);
}

public static class ConsentTexts
{
    /// <summary>The latest version of each purpose last.</summary>
    public static readonly IReadOnlyList<ConsentText> All =
    [
        new("terms", "2026-11-22", true, new Dictionary<string, string>
        {
            ["en"] = "I have read the terms of use and keep to them: no spam, no malware, no deceit, and links only to what may be linked to.",
            ["de"] = "Ich habe die Nutzungsbedingungen gelesen und halte sie ein: kein Spam, keine Schadsoftware, keine Täuschung, und Links nur auf das, worauf verlinkt werden darf.",
            ["es"] = "He leído las condiciones de uso y las cumplo: nada de spam, ni software malicioso, ni engaños, y enlaces solo a lo que se puede enlazar.",
            ["fr"] = "J’ai lu les conditions d’utilisation et je les respecte : ni spam, ni logiciel malveillant, ni tromperie, et des liens seulement vers ce vers quoi il est permis de renvoyer.",
            ["ar"] = "قرأت شروط الاستخدام وألتزم بها: لا رسائل مزعجة ولا برمجيات خبيثة ولا خداع، ولا روابط إلا إلى ما يجوز الربط إليه.",
        }),
        new("privacy", "2026-11-22", true, new Dictionary<string, string>
        {
            ["en"] = "I have read the privacy notice: what is kept about me and about visitors of my links, why, how long, and how I get or delete it.",
            ["de"] = "Ich habe die Datenschutzhinweise gelesen: was über mich und über die Besucher meiner Links gespeichert wird, warum, wie lange, und wie ich es bekomme oder lösche.",
            ["es"] = "He leído el aviso de privacidad: qué se guarda sobre mí y sobre quienes visitan mis enlaces, por qué, cuánto tiempo, y cómo lo obtengo o lo elimino.",
            ["fr"] = "J’ai lu la notice de confidentialité : ce qui est conservé sur moi et sur les visiteurs de mes liens, pourquoi, combien de temps, et comment je l’obtiens ou le supprime.",
            ["ar"] = "قرأت بيان الخصوصية: ما الذي يُحفظ عني وعن زوار روابطي، ولماذا، وإلى متى، وكيف أحصل عليه أو أحذفه.",
        }),
        new("product-mail", "2026-11-22", false, new Dictionary<string, string>
        {
            ["en"] = "LinkShort may write to me about new features and offers, at most twice a month. I can say no again at any time.",
            ["de"] = "LinkShort darf mir über neue Funktionen und Angebote schreiben, höchstens zweimal im Monat. Ich kann jederzeit wieder Nein sagen.",
            ["es"] = "LinkShort puede escribirme sobre novedades y ofertas, como mucho dos veces al mes. Puedo volver a decir que no en cualquier momento.",
            ["fr"] = "LinkShort peut m’écrire au sujet de nouveautés et d’offres, deux fois par mois au plus. Je peux de nouveau dire non à tout moment.",
            ["ar"] = "يجوز لـ LinkShort أن يراسلني بشأن الميزات الجديدة والعروض، مرتين في الشهر على الأكثر. ويمكنني أن أرفض مجددًا في أي وقت.",
        }),
        new("analytics-of-product", "2026-11-22", false, new Dictionary<string, string>
        {
            ["en"] = "LinkShort may count which of its features I use, under a random number, to make them better. It is never combined with my links' clicks.",
            ["de"] = "LinkShort darf unter einer Zufallsnummer zählen, welche seiner Funktionen ich benutze, um sie zu verbessern. Das wird nie mit den Klicks auf meine Links verbunden.",
            ["es"] = "LinkShort puede contar, con un número aleatorio, qué funciones suyas uso, para mejorarlas. Nunca se combina con los clics de mis enlaces.",
            ["fr"] = "LinkShort peut compter, sous un numéro aléatoire, celles de ses fonctions que j’utilise, pour les améliorer. Ce n’est jamais rapproché des clics sur mes liens.",
            ["ar"] = "يجوز لـ LinkShort أن يحصي أيًّا من ميزاته أستخدم، تحت رقم عشوائي، لكي يحسّنها. ولا يُجمع ذلك أبدًا مع نقرات روابطي.",
        }),
        new("terms", "2026-11-30", true, new Dictionary<string, string>
        {
            ["en"] = "I accept the terms of use.",
            ["de"] = "Ich akzeptiere die Nutzungsbedingungen.",
            ["es"] = "Acepto las condiciones de uso.",
            ["fr"] = "J’accepte les conditions d’utilisation.",
            ["ar"] = "أوافق على شروط الاستخدام.",
        }),
        new("privacy", "2026-11-30", true, new Dictionary<string, string>
        {
            ["en"] = "I have read the privacy notice.",
            ["de"] = "Ich habe die Datenschutzhinweise gelesen.",
            ["es"] = "He leído el aviso de privacidad.",
            ["fr"] = "J’ai lu la notice de confidentialité.",
            ["ar"] = "قرأت بيان الخصوصية.",
        }),
        new("product-mail", "2026-11-30", false, new Dictionary<string, string>
        {
            ["en"] = "I would like emails about new features and offers, at most twice a month.",
            ["de"] = "Ich möchte E-Mails über neue Funktionen und Angebote, höchstens zweimal im Monat.",
            ["es"] = "Quiero recibir correos sobre novedades y ofertas, como mucho dos veces al mes.",
            ["fr"] = "J’accepte de recevoir des e-mails sur les nouveautés et les offres, deux fois par mois au plus.",
            ["ar"] = "أرغب في رسائل عن الميزات الجديدة والعروض، مرتين في الشهر على الأكثر.",
        }),
        new("analytics-of-product", "2026-11-30", false, new Dictionary<string, string>
        {
            ["en"] = "LinkShort may count which features I use, under a random number, to get better.",
            ["de"] = "Welche Funktionen ich benutze, darf unter einer Zufallsnummer gezählt werden, um LinkShort zu verbessern.",
            ["es"] = "Permito que se cuente qué funciones uso, con un número aleatorio, para mejorar LinkShort.",
            ["fr"] = "J’accepte que les fonctions que j’utilise soient comptées, sous un numéro aléatoire, pour améliorer LinkShort.",
            ["ar"] = "أسمح بإحصاء الميزات التي أستخدمها، تحت رقم عشوائي، لتحسين LinkShort.",
        }),
    ];

    public static ConsentText? Current(string purpose) => All.LastOrDefault(text => text.Purpose == purpose);

    public static IEnumerable<string> Purposes => All.Select(text => text.Purpose).Distinct();
}
