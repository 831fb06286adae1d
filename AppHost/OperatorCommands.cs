#pragma warning disable ASPIREINTERACTION001 // The dashboard's dialogs are still marked experimental.
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.AppHost;

/// <summary>What operators do from the dashboard, each with a confirmation or a form: calls of the services' internal endpoints.</summary>
/// <param name="internalKey">Sent as <c>X-Internal-Key</c>.</param>
/// <param name="dataDirectory">Where mail is kept while no SMTP server is set.</param>
internal sealed class OperatorCommands(ParameterResource internalKey, string dataDirectory)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public void AddTo(
        IResourceBuilder<ProjectResource> links, IResourceBuilder<ProjectResource> redirect, IResourceBuilder<ProjectResource> analytics,
        IResourceBuilder<ProjectResource> identity, IResourceBuilder<ProjectResource> notification)
    {
        links.WithCommand("suspend", "Suspend …", context => SuspendAsync(links, HttpMethod.Put, context), Options("Prohibited", "Takes a link, a workspace or a host out of service."));
        links.WithCommand("unsuspend", "Unsuspend …", context => SuspendAsync(links, HttpMethod.Delete, context), Options("CheckmarkCircle", "Puts a link, a workspace or a host back into service."));
        redirect.WithCommand("rebuild-read-model", "Rebuild read model", context => PostAsync(redirect, "/internal/read-model/rebuild", context),
            Options("DatabaseArrowUp", "Reads all links again from the links service, while redirects are answered.", "Read all links again from the links service? Routes of links that it does not have are removed."));
        analytics.WithCommand("rebuild-rollups", "Rebuild rollups", context => PostAsync(analytics, "/internal/rollups/rebuild", context),
            Options("DataTrending", "Computes totals and rollups again from the raw clicks that are kept.", "Compute rollups again from raw clicks?"));
        identity.WithCommand("rotate-signing-keys", "Rotate signing keys", context => PostAsync(identity, "/internal/signing-keys/rotate", context),
            Options("KeyMultiple", "Signs new tokens with a new key; tokens that were issued stay valid until they expire.", "Sign new tokens with a new key from now on?"));
        notification.WithCommand("open-mails", "Open last mails", OpenMailsAsync, Options("MailInbox", "Shows the last mails that were kept because no SMTP server is set."));
    }

    private static CommandOptions Options(string icon, string description, string? confirmation = null) => new()
    {
        IconName = icon,
        Description = description,
        ConfirmationMessage = confirmation,
        UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
    };

    private async Task<ExecuteCommandResult> SuspendAsync(IResourceBuilder<ProjectResource> links, HttpMethod method, ExecuteCommandContext context)
    {
        var suspends = method == HttpMethod.Put;
        List<InteractionInput> inputs =
        [
            new()
            {
                Name = "category", Label = "What", InputType = InputType.Choice, Required = true, Value = "link",
                Options = [new("link", "Link"), new("workspace", "Workspace"), new("host", "Host")],
            },
            new() { Name = "target", Label = "Which", InputType = InputType.Text, Required = true, Placeholder = "Short URL, code or id; workspace id; host name", MaxLength = 2048 },
        ];
        if (suspends)
        {
            inputs.Add(new() { Name = "reason", Label = "Reason (for operators)", InputType = InputType.Text, MaxLength = 500 });
        }

        var form = await context.Services.GetRequiredService<IInteractionService>().PromptInputsAsync(
            suspends ? "Suspend" : "Unsuspend", suspends ? "Effective on every replica within a second." : "Effective within a second.", inputs, cancellationToken: context.CancellationToken);
        if (form.Canceled || form.Data is null)
        {
            return CommandResults.Canceled();
        }

        var query = new StringBuilder("?target=").Append(Uri.EscapeDataString(form.Data["target"].Value ?? ""));
        if (suspends && form.Data["reason"].Value is { Length: > 0 } reason)
        {
            query.Append("&reason=").Append(Uri.EscapeDataString(reason));
        }

        return await SendAsync(links, method, $"/internal/suspensions/{form.Data["category"].Value}{query}", context.CancellationToken);
    }

    private Task<ExecuteCommandResult> PostAsync(IResourceBuilder<ProjectResource> service, string path, ExecuteCommandContext context) =>
        SendAsync(service, HttpMethod.Post, path, context.CancellationToken);

    private async Task<ExecuteCommandResult> SendAsync(IResourceBuilder<ProjectResource> service, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(service.GetEndpoint("http").Url), path));
        request.Headers.Add("X-Internal-Key", await internalKey.GetValueAsync(cancellationToken));
        try
        {
            using var response = await Http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? CommandResults.Success() : CommandResults.Failure(await ReasonAsync(response, cancellationToken));
        }
        catch (HttpRequestException failure)
        {
            return CommandResults.Failure(failure.Message);
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return $"{(int)response.StatusCode} {response.ReasonPhrase}";
        }

        var problem = await response.Content.ReadFromJsonAsync<Problem>(cancellationToken);
        return problem?.Errors?.Values.SelectMany(messages => messages).FirstOrDefault() ?? problem?.Detail ?? problem?.Title ?? response.ReasonPhrase ?? "";
    }

    private async Task<ExecuteCommandResult> OpenMailsAsync(ExecuteCommandContext context)
    {
        var folder = new DirectoryInfo(Path.Combine(dataDirectory, "mail"));
        var mails = folder.Exists ? folder.EnumerateFiles("*.eml", SearchOption.AllDirectories).OrderByDescending(mail => mail.LastWriteTimeUtc).Take(10).ToList() : [];
        var text = new StringBuilder();
        foreach (var mail in mails)
        {
            text.AppendLine("```").AppendLine(await File.ReadAllTextAsync(mail.FullName, context.CancellationToken)).AppendLine("```").AppendLine();
        }

        await context.Services.GetRequiredService<IInteractionService>().PromptMessageBoxAsync(
            "Last mails", mails.Count == 0 ? "No mail was kept. With an SMTP server set, mail is sent instead." : text.ToString(),
            new MessageBoxInteractionOptions { EnableMessageMarkdown = true }, context.CancellationToken);
        return CommandResults.Success();
    }

    private sealed record Problem(string? Title, string? Detail, Dictionary<string, string[]>? Errors);
}
