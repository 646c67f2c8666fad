using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Optimizers;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeTests
{
    private const string Whole = """
        name: whole
        data:
          kind: folder
          path: data/cifar10
          normalization: {mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}
          augment: {pad: 2, flip: false}
        teacher: {model: resnet20, train: {epochs: 3}}
        student: {model: "resnet8"}
        plain_student: true
        distill:
          - ce: 0.1
          - kd: {weight: 0.9, temperature: 4, note: "4", none: ~}
        train:
          epochs: 10
          batch: 32
          optimizer: {name: adamw, lr: 1e-3, betas: [0.9, 0.99]}
          schedule: {name: multistep, milestones: [6, 8], gamma: 0.2, warmup_epochs: 0.5}
          precision: bf16
          seed: 7
          label_smoothing: 0.1
        """;

    private static Recipe Parse(string yaml, params string[] overrides) => Recipe.Parse(yaml, "kd.yaml", overrides);

    private static string Fault(string yaml, params string[] overrides) => Assert.Throws<OptionsException>(() => Parse(yaml, overrides)).Message;

    [Fact]
    public void A_recipe_is_read_whole()
    {
        var recipe = Parse(Whole);
        Assert.Equal("whole", recipe.Name);
        var data = Assert.IsType<FolderDataOptions>(recipe.Data);
        Assert.Equal("data/cifar10", data.Path);
        Assert.Equal([0.5, 0.5, 0.5], data.Normalization!.Mean!);
        Assert.Equal(new AugmentOptions { Pad = 2, Flip = false }, data.Augment);
        Assert.True(recipe.PlainStudent);
        Assert.Equal(["ce", "kd"], recipe.Distill.Select(t => t.Method));
        Assert.Equal(0.9, recipe.Distill[1].Weight);
        Assert.Equal(["temperature", "note", "none"], recipe.Distill[1].Options.Entries.Select(e => e.Key));
        Assert.Equal("kd.yaml:12:36", recipe.Distill[1].Options["temperature"]!.Location);
        var optimizer = Assert.IsType<AdamWOptions>(recipe.Train.Optimizer);
        Assert.Equal((1e-3, 0.01), (optimizer.Lr, optimizer.WeightDecay));
        Assert.Equal([0.9, 0.99], optimizer.Betas);
        Assert.Equal(new MultiStepScheduleOptions { Milestones = [6, 8], Gamma = 0.2, WarmupEpochs = 0.5 }, recipe.Train.Schedule);
        Assert.Equal((Precision.Bf16, 7L, 0.1), (recipe.Train.Precision, recipe.Train.Seed, recipe.Train.LabelSmoothing));
    }

    [Fact]
    public void The_warmup_of_a_term_is_no_option_of_its_method()
    {
        var recipe = Parse(Whole, "distill.kd.warmup_epochs=20");
        Assert.Equal([0, 20], recipe.Distill.Select(t => t.WarmupEpochs));
        Assert.Equal(["temperature", "note", "none"], recipe.Distill[1].Options.Entries.Select(e => e.Key));
        Assert.Contains("- kd: {weight: 0.9, warmup_epochs: 20, temperature: 4", recipe.ToYaml());
    }

    [Fact]
    public void What_the_teachers_training_leaves_out_is_as_for_the_student()
    {
        var recipe = Parse(Whole);
        Assert.Equal(recipe.Train with { Epochs = 3 }, recipe.TeacherTrain);
        Assert.Equal(recipe.Train, (recipe with { Teacher = new TeacherOptions { Model = "resnet20" } }).TeacherTrain);
    }

    [Fact]
    public void A_student_is_enough()
    {
        var recipe = Parse("student: {model: resnet8}");
        Assert.Equal(new Recipe { Name = "kd", Student = new StudentOptions { Model = "resnet8" } }, recipe);
        Assert.Equal([new DistillTerm("ce", 1)], recipe.Distill);
    }

    [Theory]
    [InlineData(Whole)]
    [InlineData("student: {model: a}\nteacher: {model: b}\ndistill: [dkd: {weight: 1, warmup_epochs: 20}, kd: {warmup_epochs: 3, weight: 2, temperature: 1}, at: {weight: 5, warmup_epochs: 0}]")]
    [InlineData("student: {model: a}\nteacher: {model: b}\ndistill: [kd: {weight: 1, temperature: 2}, ce: 1, kd: {weight: 2, temperature: 8}]")]
    [InlineData("student: {model: 'true'}\nname: '007'")]
    [InlineData("student: {model: resnet8}\ndata: {kind: synthetic, normalization: imagenet}\ntrain: {optimizer: adam, schedule: {name: step, step_size: 3}}")]
    [InlineData("student: {model: resnet8}\nteacher: {model: wrn_40_2, sftn: {student: wrn_16_2, branches: [stage1, 'stage2:stage1'], kl_direction: teacher_student}}")]
    [InlineData("student: {model: ' # : - '}\ndata: {kind: cifar100, path: \"a\\nb\"}\ntrain: {schedule: {name: linear, final_lr: 1e-5}, clip_grad_norm: 5}")]
    public void The_resolved_recipe_reads_back_equal(string yaml)
    {
        var recipe = Parse(yaml);
        var written = recipe.ToYaml();
        var again = Recipe.Parse(written, "recipe.yaml");
        Assert.Equal(recipe, again);
        Assert.Equal(written, again.ToYaml());
    }

    [Fact]
    public void Augmentations_are_read_whole_or_by_their_one_number()
    {
        var augment = Parse("""
            student: {model: a}
            data:
              kind: synthetic
              augment:
                resized_crop: {scale: [0.2, 1]}
                color_jitter: 0.4
                randaugment: {ops: 3, magnitude: 7, magnitude_std: 0, increasing: true}
                erasing: {probability: 0.2, mode: const}
                mixup: 0.8
                cutmix: 1
            """).Data.Augment;
        Assert.Equal(new AugmentResizedCrop { Scale = [0.2, 1] }, augment.ResizedCrop);
        Assert.Equal(new AugmentRandom { Ops = 3, Magnitude = 7, MagnitudeStd = 0, Increasing = true }, augment.Randaugment);
        Assert.Equal(new AugmentErasing { Probability = 0.2, Mode = ErasingMode.Const }, augment.Erasing);
        Assert.Equal((0.4, 0.8, 1), (augment.ColorJitter, augment.Mixup, augment.Cutmix));

        var brief = Parse("student: {model: a}\ndata: {kind: synthetic, augment: {randaugment: 5, erasing: 0.1, resized_crop: {}}}").Data.Augment;
        Assert.Equal(new AugmentRandom { Magnitude = 5 }, brief.Randaugment);
        Assert.Equal(new AugmentErasing { Probability = 0.1 }, brief.Erasing);
        Assert.Equal(new AugmentResizedCrop(), brief.ResizedCrop);
        Assert.Null(Parse("student: {model: a}").Data.Augment.Randaugment);
    }

    [Fact]
    public void A_schedule_with_a_warm_up_is_that_of_the_strategy()
    {
        // Strategy B2 of DIST: x0.97 every 2.4 epochs, at each step, after 3 epochs from 1e-6.
        var train = Parse("student: {model: a}\ntrain: {epochs: 450, optimizer: {name: rmsprop_tf, lr: 0.048}, "
            + "schedule: {name: step, step_size: 2.4, gamma: 0.97, warmup_epochs: 3, warmup_lr: 1e-6, warmup_prefix: true}}").Train;
        Assert.IsType<RmspropTfOptions>(train.Optimizer);
        double Rate(double epoch) => train.Optimizer.Lr * train.Schedule.Create(train.Optimizer.Lr, train.Epochs).At(epoch);
        Assert.Equal(1e-6, Rate(0), 1e-12);
        Assert.Equal((1e-6 + 0.048) / 2, Rate(1.5), 1e-12);
        Assert.Equal(0.048, Rate(3), 1e-12);
        Assert.Equal(0.048, Rate(5.39), 1e-12);
        Assert.Equal(0.048 * 0.97, Rate(5.4), 1e-12);
        Assert.Equal(0.048 * Math.Pow(0.97, 186), Rate(449.9), 1e-9);

        // B3: cosine to 5e-6 after 20 epochs from 5e-7.
        train = Parse("student: {model: a}\ntrain: {epochs: 300, optimizer: {name: adamw, lr: 1e-3}, "
            + "schedule: {name: cosine, final_lr: 5e-6, warmup_epochs: 20, warmup_lr: 5e-7, warmup_prefix: true}}").Train;
        Assert.Equal(5e-7, Rate(0), 1e-12);
        Assert.Equal(1e-3, Rate(20), 1e-12);
        Assert.Equal((1e-3 + 5e-6) / 2, Rate(160), 1e-12);
        Assert.Equal(5e-6, Rate(300), 1e-12);

        // Without the prefix the schedule runs from the first epoch on.
        train = Parse("student: {model: a}\ntrain: {epochs: 10, optimizer: {lr: 0.1}, schedule: {name: step, step_size: 2, gamma: 0.5, warmup_epochs: 4, warmup_lr: 0.02}}").Train;
        Assert.Equal(0.02, Rate(0), 1e-12);
        Assert.Equal(0.1 * 0.5 * 0.6, Rate(2), 1e-12);
        Assert.Equal(0.1 * 0.25, Rate(4), 1e-12);
    }

    [Fact]
    public void Vectors_do_not_decay_where_the_optimizer_says_so()
    {
        using var scope = new TensorScope();
        Tensor[] parameters = [Aten.Ones([2, 3]), Aten.Ones([3]), Aten.Ones([2, 2, 1, 1])];
        foreach (OptimizerOptions options in (OptimizerOptions[])[new SgdOptions { WeightDecay = 0.1 }, new AdamOptions { WeightDecay = 0.1 },
            new AdamWOptions { WeightDecay = 0.1 }, new RmspropTfOptions { WeightDecay = 0.1 }])
        {
            using Optimizer all = options.Create(parameters), filtered = (options with { DecayVectors = false }).Create(parameters);
            Assert.Equal([0.1], all.Groups.Select(g => g.WeightDecay));
            Assert.Equal([(0.1, 2), (0, 1)], filtered.Groups.Select(g => (g.WeightDecay, g.Parameters.Count)));
            Assert.All(filtered.Groups, g => Assert.Equal(options.Lr, g.LearningRate));
        }
    }

    [Fact]
    public void The_resolved_recipe_reads_like_one_written_by_hand() => Assert.Equal(
        """
        name: kd
        data:
          kind: synthetic
          train_images: 10000
          test_images: 2000
          label_noise: 0
          image_seed: 1
          augment: {pad: 4, flip: true, color_jitter: 0, mixup: 0, cutmix: 0, mix_probability: 1, switch_probability: 0.5, variants: 0}
          dev_split: 0
          dev_seed: 0
        teacher:
          model: resnet20
        student:
          model: resnet8
        plain_student: false
        distill:
          - ce: 0.1
          - kd: {weight: 0.9, temperature: 4}
        train:
          epochs: 10
          batch: 64
          accumulate: 1
          drop_last: false
          global_batch: false
          sync_batch_norm: false
          optimizer: {name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 0.0005, nesterov: false, dampening: 0, decay_vectors: true}
          schedule: {name: cosine, final_lr: 0, warmup_epochs: 0, warmup_lr: 0, warmup_prefix: false}
          precision: auto
          seed: 0
          threads: 0
          label_smoothing: 0
          ema: 0
          clip_grad_norm: 0
          eval_every: 1
          keep_last: 1
          keep_best: 1
          on_nan: stop
          rollback_factor: 0.5
          max_rollbacks: 3

        """,
        Parse("teacher: {model: resnet20}\nstudent: {model: resnet8}\ndata: {kind: synthetic}\ndistill: [{ce: 0.1}, {kd: {weight: 0.9, temperature: 4}}]\ntrain: {schedule: cosine}").ToYaml());

    [Theory]
    [InlineData("student: {model: a}\ntrain:\n  epohs: 3", "kd.yaml:3:3: unknown key 'epohs' in 'train'. Did you mean 'epochs'? Known keys: epochs, batch, accumulate, drop_last, global_batch, sync_batch_norm, optimizer, schedule, precision, seed, threads, label_smoothing, class_weights, ema, clip_grad_norm, eval_every, keep_last, keep_best, on_nan, rollback_factor, max_rollbacks.")]
    [InlineData("student: {model: a}\ntrain:\n  epochs: 1.5", "kd.yaml:3:11: 'train.epochs' is '1.5', but must be a whole number between 1 and 100000.")]
    [InlineData("student: {model: a}\ntrain: {optimizer: {lr: abc}}", "kd.yaml:2:25: 'train.optimizer.lr' is 'abc', but must be a number above 0 and at most 1000000.")]
    [InlineData("student: {model: a}\ntrain: {optimizer: {lr: 0}}", "kd.yaml:2:25: 'train.optimizer.lr' is '0', but must be a number above 0 and at most 1000000.")]
    [InlineData("student: {model: a}\ntrain: {optimizer: {name: adam, momentum: 0.9}}", "kd.yaml:2:33: unknown key 'momentum' in 'train.optimizer' for adam. Known keys: name, lr, betas, eps, weight_decay, decay_vectors.")]
    [InlineData("student: {model: a}\ntrain: {optimizer: sdg}", "kd.yaml:2:20: 'train.optimizer.name' is 'sdg', but must be one of sgd, adam, adamw, rmsprop_tf. Did you mean 'sgd'?")]
    [InlineData("student: {model: a}\ntrain: {schedule: {gamma: 1}}", "kd.yaml:2:19: 'train.schedule.name' is missing: add it, it must be one of constant, multistep, step, cosine, linear.")]
    [InlineData("student: {model: a}\ntrain: {schedule: {name: multistep, milestones: [8, 6]}}", "kd.yaml:2:49: 'train.schedule.milestones' is [8, 6], but must ascend, as [150, 180, 210].")]
    [InlineData("student: {model: a}\ntrain: {schedule: multistep}", "kd.yaml:2:19: 'train.schedule.milestones' is missing: add it, it must be a list of 1 or more whole numbers between 1 and 100000.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, augment: {randaugment: {magnitude: 11}}}", "kd.yaml:2:60: 'data.augment.randaugment.magnitude' is '11', but must be a number between 0 and 10.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, augment: {randaugment: {opps: 1}}}", "kd.yaml:2:49: unknown key 'opps' in 'data.augment.randaugment'. Did you mean 'ops'? Known keys: ops, magnitude, magnitude_std, probability, increasing.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, augment: {erasing: {mode: black}}}", "kd.yaml:2:51: 'data.augment.erasing.mode' is 'black', but must be one of const, rand, pixel.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, augment: {erasing: {area: [0.3, 0.1]}}}", "kd.yaml:2:51: 'data.augment.erasing.area' is [0.3, 0.1], but must begin with the smaller, as [0.02, 0.33].")]
    [InlineData("student: {model: a}\ndata: {kind: folder, path: x, size: 224, resize: 200}", "kd.yaml:2:50: 'data.resize' is 200, but must be at least 'size', 224.")]
    [InlineData("student: {model: a}\ntrain: {precision: fp8}", "kd.yaml:2:20: 'train.precision' is 'fp8', but must be one of auto, fp32, bf16.")]
    [InlineData("student: {model: a}\ntrain: {batch: 64, accumulate: 3}", "kd.yaml:2:32: 'train.accumulate' is 3, but a batch of 64 cannot be cut into that many equal parts: choose a divisor of 'batch'.")]
    [InlineData("student: {model: a}\ntrain: {precision: fp8, precision: fp32, batch: 1, batch: 2}", "3 options are wrong:\n  kd.yaml:2:20: 'train.precision' is 'fp8', but must be one of auto, fp32, bf16.\n  kd.yaml:2:25: 'train.precision' is given twice, first at kd.yaml:2:9: keep one of them.\n  kd.yaml:2:52: 'train.batch' is given twice, first at kd.yaml:2:42: keep one of them.")]
    [InlineData("teacher: {model: a}", "kd.yaml:1:1: 'student' is missing: add it, it must be a mapping.")]
    [InlineData("student: {model: a}\ndata: {kind: folder}", "kd.yaml:2:7: 'data.path' is missing: add it, it must be a text.")]
    [InlineData("student: {model: a}\ndata: {kind: cifar10, path: x, train_images: 5}", "kd.yaml:2:32: unknown key 'train_images' in 'data' for cifar10. Known keys: kind, path, normalization, augment, dev_split, dev_seed.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, normalization: {mean: [1, 1, 1]}}", "kd.yaml:2:40: 'data.normalization.std' is missing: 'mean' and 'std' go together.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, normalization: {mean: [1, 1], std: [1, 1, 1]}}", "kd.yaml:2:47: 'data.normalization.mean' is a list, but must be a list of 3 numbers between 0 and 1.")]
    [InlineData("student: {model: a}\ndistill: [kd: 1]", "kd.yaml:1:1: 'teacher' is missing: 'kd' distills from a teacher, add 'teacher: {model: ...}'.")]
    [InlineData("student: {model: a}\ndistill: [ce: 1, kd]", "kd.yaml:2:18: 'distill.1' is 'kd', but must be one key, the method, with its weight or options: kd: 0.9, or kd: {weight: 0.9, temperature: 4}.")]
    [InlineData("student: {model: a}\ndistill: [ce: -1]", "kd.yaml:2:15: 'distill.0.ce.weight' is '-1', but must be a number of at least 0.")]
    [InlineData("student: {model: a}\ndistill: [ce: {temperature: 1}]", "kd.yaml:2:15: 'distill.0.ce.weight' is missing: add it, it must be a number of at least 0.")]
    [InlineData("student: {model: a}\ndistill: [ce: 1, ce: 2]", "kd.yaml:2:10: 'distill' has 'ce' twice: keep one of them.")]
    [InlineData("student: {model: a}\ndistill: [ce: {weight: 1, t: 2}]", "kd.yaml:2:10: 'distill' gives 'ce' an option 't', but it has a weight only.")]
    [InlineData("student: {model: a}\ndistill: [ce: {weight: 1, warmup_epochs: 2}]", "kd.yaml:2:10: 'distill' gives 'ce' a warm-up, but only the terms of methods have one: leave it out.")]
    [InlineData("student: {model: a}\ndistill: [kd: {weight: 1, warmup_epochs: -1}]", "kd.yaml:2:42: 'distill.0.kd.warmup_epochs' is '-1', but must be a whole number between 0 and 100000.")]
    [InlineData("student: {model: a}\ndistill: [kd: {weight: 1, warmup_epochs: 2.5}]", "kd.yaml:2:42: 'distill.0.kd.warmup_epochs' is '2.5', but must be a whole number between 0 and 100000.")]
    [InlineData("student: {model: a}\ndistill: [kd: {weight: 1, warmup_epochs: 100001}]", "kd.yaml:2:42: 'distill.0.kd.warmup_epochs' is '100001', but must be a whole number between 0 and 100000.")]
    [InlineData("student: {model: a}\ndistill: [kd: {warmup_epochs: 1, weight: 1, warmup_epochs: 2}]", "kd.yaml:2:15: 'distill.0.kd.warmup_epochs' is given twice: keep one of them.")]
    [InlineData("student: {model: a}\ndistill: []", "kd.yaml:2:10: 'distill' is a list, but must be a list of 1 or more values, each one key, the method, with its weight or options: kd: 0.9, or kd: {weight: 0.9, temperature: 4}.")]
    [InlineData("student: {model: a}\nname: ../x", "kd.yaml:2:7: 'name' is '../x', but names a folder and must consist of letters, digits, '-', '_' and '.' and not begin with '.'.")]
    [InlineData("student: {model: a}\nteacher: {model: b, normalization: imagenet}", "kd.yaml:2:36: 'teacher.normalization' is for a teacher that comes trained: one that the run trains sees images as 'data.normalization' says.")]
    [InlineData("student: {model: a}\ndata: {kind: synthetic, dev_split: 1}", "kd.yaml:2:36: 'data.dev_split' is '1', but must be a number of at least 0 and below 1.")]
    [InlineData("- a", "kd.yaml:1:1: the value is a list, but must be a mapping.")]
    [InlineData("student: {model: a}\nteacher: {model: a, sftn: {lambda: 1}}", "kd.yaml:2:28: unknown key 'lambda' in 'teacher.sftn'. Did you mean 'lambda_t', 'lambda_ce' or 'lambda_kl'? Known keys: student, init, branches, lambda_t, lambda_kl, lambda_ce, temperature, t_squared, kl_direction, branch_reduction, detach_teacher.")]
    [InlineData("student: {model: a}\nteacher: {model: a, sftn: {init: pretrained}}", "kd.yaml:2:27: 'teacher.sftn' has 'init: pretrained', but there is no 'checkpoint' to start from: add it, or set 'init: scratch'.")]
    [InlineData("student: {model: a}\nteacher: {model: a, sftn: {}, checkpoint: t.pth}", "kd.yaml:2:43: 'teacher.checkpoint' gives trained weights, but 'sftn' trains from scratch: set 'init: pretrained' in 'sftn' to train them further, leave out 'checkpoint' to train anew, or leave out 'sftn' to distill from them as they are.")]
    public void A_wrong_recipe_is_refused_with_line_and_column(string yaml, string message) => Assert.Equal(message, Fault(yaml));

    [Theory]
    [InlineData("", "kd.yaml: the file is empty: a recipe needs at least 'student'.")]
    [InlineData("student: !x {model: a}", "kd.yaml:1:10: the tag '!x' is not supported: write the value without it.")]
    [InlineData("student: &s {model: a}", "kd.yaml:1:10: the anchor '&s' is not supported: write the value out where it is needed.")]
    [InlineData("student: *s", "kd.yaml:1:10: the alias '*s' is not supported: write the value out.")]
    [InlineData("<<: {a: 1}", "kd.yaml:1:1: the merge key '<<' is not supported: write the keys out.")]
    [InlineData("{[a]: 1}", "kd.yaml:1:2: a key is a list or a mapping, but must be a name.")]
    [InlineData("a: 1\n---\nb: 2", "kd.yaml:2:1: a second document begins here, but a recipe is one document: keep one of them.")]
    public void What_a_recipe_does_not_need_of_YAML_is_refused(string yaml, string message) => Assert.Equal(message, Fault(yaml));

    [Theory]
    [InlineData("student: {model: a")]
    [InlineData("student:\n\t- a")]
    [InlineData("a: 'b")]
    public void Broken_YAML_is_refused_with_its_place(string yaml) =>
        Assert.Matches(@"^kd\.yaml:\d+:\d+: this is not valid YAML: .+\.$", Fault(yaml));

    [Fact]
    public void Depth_is_bounded() =>
        Assert.Equal("kd.yaml:1:34: the recipe is nested more than 32 levels deep.", Fault(new string('[', 20_000)));
}
