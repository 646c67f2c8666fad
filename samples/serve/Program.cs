// Serves an exported student over HTTP: POST /classify with a JPEG or PNG as the body answers with the classes and their probabilities.
//
//   retort export runs/demo -o student.onnx --with-preprocessing
//   dotnet run --project samples/serve -- --model student.onnx --onnxruntime /opt/onnxruntime/lib/libonnxruntime.so
//   curl --data-binary @cat.jpg http://localhost:5000/classify
using Retort.Vision.Datasets;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = 16 << 20); // bytes of an image; more is answered with 413
// Each can be given as an option or as a variable of the environment: --model and MODEL, --onnxruntime and ONNXRUNTIME.
string model = builder.Configuration["model"] ?? "student.onnx", runtime = builder.Configuration["onnxruntime"] ?? "libonnxruntime.so";
try
{
    using var classifier = new Classifier(model, runtime);
    await using WebApplication app = builder.Build();
    app.MapPost("/classify", async (HttpRequest request, CancellationToken cancel) =>
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancel);
        try
        {
            return Results.Ok(classifier.Classify(body.GetBuffer().AsSpan(0, (int)body.Length)));
        }
        catch (DataException e)
        {
            return Results.BadRequest(new { Error = e.Message });
        }
    });
    await app.RunAsync();
    return 0;
}
catch (ModelException e)
{
    await Console.Error.WriteLineAsync($"serve: {e.Message}");
    return 1;
}
